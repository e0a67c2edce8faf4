// A log pipeline: several services each write their log lines to one topic with a producer of their own, all at once;
// one consumer reads every partition and checks that each service's lines arrive, each once, in the order written.
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
	topic := flag.String("topic", "logs", "")
	services := flag.Int("services", 4, "")
	count := flag.Int("count", 100, "log lines of each service")
	flag.Parse()

	var writing sync.WaitGroup
	for service := range *services {
		writing.Add(1)
		go func() {
			defer writing.Done()
			write(brokers(), *topic, fmt.Sprintf("service-%d", service), *count)
		}()
	}
	received := read(brokers(), *topic, *services**count)
	writing.Wait()
	for service := range *services {
		name := fmt.Sprintf("service-%d", service)
		for i, text := range received[name] {
			if expected := fmt.Sprintf("line %d", i); text != expected {
				log.Fatalf("%s: read %q where %q was written", name, text, expected)
			}
		}
		line.Print("service", line.Event{"name": name, "lines": len(received[name])})
	}
}

// write sends a service's lines under its name as the key, so that they stay in order.
func write(brokers []string, topic, service string, count int) {
	config := sarama.NewConfig()
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	producer, err := sarama.NewSyncProducer(brokers, config)
	line.Check(err, "start a producer")
	defer producer.Close()
	for i := range count {
		_, _, err := producer.SendMessage(&sarama.ProducerMessage{
			Topic: topic,
			Key:   sarama.StringEncoder(service),
			Value: sarama.StringEncoder(fmt.Sprintf("line %d", i)),
		})
		line.Check(err, "send a line")
	}
}

// read returns the first `total` lines of all partitions by service.
func read(brokers []string, topic string, total int) map[string][]string {
	consumer, err := sarama.NewConsumer(brokers, sarama.NewConfig())
	line.Check(err, "start the consumer")
	defer consumer.Close()
	partitions, err := consumer.Partitions(topic)
	line.Check(err, "list the partitions")

	messages := make(chan *sarama.ConsumerMessage)
	for _, partition := range partitions {
		claim, err := consumer.ConsumePartition(topic, partition, sarama.OffsetOldest)
		line.Check(err, "consume a partition")
		defer claim.AsyncClose()
		go func() {
			for message := range claim.Messages() {
				messages <- message
			}
		}()
	}
	received := map[string][]string{}
	for range total {
		message := <-messages
		service := string(message.Key)
		received[service] = append(received[service], string(message.Value))
	}
	return received
}
