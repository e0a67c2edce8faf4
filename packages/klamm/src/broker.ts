export { type Broker, type BrokerOptions, startBroker } from '@klamm/broker/broker';
