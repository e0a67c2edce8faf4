// Logs in with Sarama, sends one message and reads it back; prints what went wrong where it does.
package main

import (
	"flag"

	"github.com/IBM/sarama"
	"github.com/xdg-go/scram"
	"klamm/peers/line"
)

// The glue between Sarama and a library that knows SCRAM, as Sarama's own examples have it.
type conversation struct {
	hash scram.HashGeneratorFcn
	*scram.ClientConversation
}

func (c *conversation) Begin(user, password, authzID string) error {
	client, err := c.hash.NewClient(user, password, authzID)
	if err == nil {
		c.ClientConversation = client.NewConversation()
	}
	return err
}

type token string

func (t token) Token() (*sarama.AccessToken, error) {
	return &sarama.AccessToken{Token: string(t)}, nil
}

func main() {
	brokers := line.Brokers()
	security := line.TLS()
	topic := flag.String("topic", "test-topic", "")
	mechanism := flag.String("mechanism", sarama.SASLTypePlaintext, "")
	user := flag.String("user", "", "")
	password := flag.String("password", "", "or the token of OAUTHBEARER")
	version := flag.Int("handshake", 1, "0 for tokens without requests around them")
	flag.Parse()

	config := sarama.NewConfig()
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Metadata.Retry.Max = 0
	config.Net.TLS.Config = security()
	config.Net.TLS.Enable = config.Net.TLS.Config != nil
	config.Net.SASL.Enable = true
	config.Net.SASL.Handshake = true
	config.Net.SASL.Version = int16(*version)
	config.ApiVersionsRequest = *version > 0
	config.Net.SASL.Mechanism = sarama.SASLMechanism(*mechanism)
	config.Net.SASL.User = *user
	config.Net.SASL.Password = *password
	config.Net.SASL.TokenProvider = token(*password)
	config.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient {
		if *mechanism == sarama.SASLTypeSCRAMSHA256 {
			return &conversation{hash: scram.SHA256}
		}
		return &conversation{hash: scram.SHA512}
	}

	client, err := sarama.NewClient(brokers(), config)
	if err != nil {
		line.Print("refused", line.Event{"error": err.Error()})
		return
	}
	defer client.Close()
	producer, err := sarama.NewSyncProducerFromClient(client)
	line.Check(err, "start the producer")
	partition, offset, err := producer.SendMessage(&sarama.ProducerMessage{
		Topic: *topic, Value: sarama.StringEncoder(*mechanism),
	})
	line.Check(err, "send a message")
	consumer, err := sarama.NewConsumerFromClient(client)
	line.Check(err, "start the consumer")
	messages, err := consumer.ConsumePartition(*topic, partition, offset)
	line.Check(err, "read the partition")
	line.Print("read", line.Event{"value": string((<-messages.Messages()).Value)})
}
