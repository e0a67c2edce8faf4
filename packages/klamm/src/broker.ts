export { type Broker, type BrokerOptions, type BrokerTls, startBroker } from '@klamm/broker/broker';
