// Sends messages one after another with Sarama's synchronous producer, waiting for all replicas, and prints where
// each one went.
package main

import (
	"flag"
	"fmt"

	"github.com/IBM/sarama"
	"klamm/peers/line"
)

func main() {
	brokers := line.Brokers()
	topic := flag.String("topic", "test-topic", "")
	count := flag.Int("count", 5, "")
	prefix := flag.String("prefix", "Hello Sarama! Message", "")
	key := flag.String("key", "", "key of every message; none when empty")
	tombstone := flag.Bool("tombstone", false, "send null values")
	compression := flag.String("compression", "none", "none, gzip, snappy, lz4 or zstd")
	idempotent := flag.Bool("idempotent", false, "")
	version := flag.String("version", "", "protocol version; Sarama's default when empty")
	flag.Parse()

	config := sarama.NewConfig()
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Retry.Max = 3
	config.Producer.Return.Successes = true
	line.Check(config.Producer.Compression.UnmarshalText([]byte(*compression)), "use the compression")
	if *version != "" {
		parsed, err := sarama.ParseKafkaVersion(*version)
		line.Check(err, "use the version")
		config.Version = parsed
	}
	if *idempotent {
		config.Producer.Idempotent = true
		config.Net.MaxOpenRequests = 1
	}

	producer, err := sarama.NewSyncProducer(brokers(), config)
	line.Check(err, "start the producer")
	defer producer.Close()

	for i := range *count {
		message := &sarama.ProducerMessage{
			Topic:   *topic,
			Headers: []sarama.RecordHeader{{Key: []byte("number"), Value: []byte(fmt.Sprint(i))}},
		}
		if !*tombstone {
			message.Value = sarama.StringEncoder(fmt.Sprintf("%s %d", *prefix, i))
		}
		if *key != "" {
			message.Key = sarama.StringEncoder(*key)
		}
		partition, offset, err := producer.SendMessage(message)
		line.Check(err, "send a message")
		line.Print("sent", line.Event{"partition": partition, "offset": offset})
	}
}
