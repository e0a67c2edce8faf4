// Reads one partition with Sarama, without a group, from the oldest message, from the newest, or from an offset; goes
// on listening until it has read the number of messages asked for.
package main

import (
	"flag"
	"strconv"

	"github.com/IBM/sarama"
	"klamm/peers/line"
)

func main() {
	brokers := line.Brokers()
	topic := flag.String("topic", "test-topic", "")
	partition := flag.Int("partition", 0, "")
	from := flag.String("from", "oldest", "oldest, newest or an offset")
	count := flag.Int("count", 5, "messages to read before it ends")
	committed := flag.Bool("committed", false, "read committed messages only")
	flag.Parse()

	config := sarama.NewConfig()
	config.Consumer.Return.Errors = true
	if *committed {
		config.Consumer.IsolationLevel = sarama.ReadCommitted
	}

	consumer, err := sarama.NewConsumer(brokers(), config)
	line.Check(err, "start the consumer")
	defer consumer.Close()

	claim, err := consumer.ConsumePartition(*topic, int32(*partition), startOf(*from))
	line.Check(err, "consume the partition")
	defer claim.Close()
	go func() {
		for failure := range claim.Errors() {
			line.Check(failure, "read the partition")
		}
	}()

	line.Print("listening", line.Event{"highWaterMark": claim.HighWaterMarkOffset()})
	for range *count {
		message := <-claim.Messages()
		headers := map[string]string{}
		for _, header := range message.Headers {
			headers[string(header.Key)] = string(header.Value)
		}
		line.Print("message", line.Event{
			"topic": message.Topic, "partition": message.Partition, "offset": message.Offset,
			"key": line.Text(message.Key), "value": line.Text(message.Value), "headers": headers,
			"timestamp": message.Timestamp.UnixMilli(),
		})
	}
}

func startOf(from string) int64 {
	switch from {
	case "oldest":
		return sarama.OffsetOldest
	case "newest":
		return sarama.OffsetNewest
	}
	offset, err := strconv.ParseInt(from, 10, 64)
	line.Check(err, "read -from")
	return offset
}
