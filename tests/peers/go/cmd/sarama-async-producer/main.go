// Sends messages with Sarama's asynchronous producer, reading successes and errors while sending, and prints each
// outcome.
package main

import (
	"flag"
	"fmt"
	"log"
	"sync"

	"github.com/IBM/sarama"
	"klamm/peers/line"
)

func main() {
	brokers := line.Brokers()
	topic := flag.String("topic", "test-topic", "")
	count := flag.Int("count", 1000, "")
	compression := flag.String("compression", "none", "")
	flag.Parse()

	config := sarama.NewConfig()
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Producer.Return.Errors = true
	line.Check(config.Producer.Compression.UnmarshalText([]byte(*compression)), "use the compression")

	producer, err := sarama.NewAsyncProducer(brokers(), config)
	line.Check(err, "start the producer")

	var outcomes sync.WaitGroup
	outcomes.Add(2)
	go func() {
		defer outcomes.Done()
		for message := range producer.Successes() {
			line.Print("sent", line.Event{"partition": message.Partition, "offset": message.Offset, "number": message.Metadata})
		}
	}()
	failed := false
	go func() {
		defer outcomes.Done()
		for failure := range producer.Errors() {
			failed = true
			log.Printf("message %v: %v", failure.Msg.Metadata, failure.Err)
		}
	}()

	for i := range *count {
		producer.Input() <- &sarama.ProducerMessage{
			Topic:    *topic,
			Key:      sarama.StringEncoder(fmt.Sprintf("key-%d", i%10)),
			Value:    sarama.StringEncoder(fmt.Sprintf("asynchronous %d", i)),
			Metadata: i,
		}
	}
	producer.AsyncClose()
	outcomes.Wait()
	if failed {
		log.Fatal("not every message was sent")
	}
}
