// Reads a topic with franz-go, without a group, until it has read the number of records asked for.
package main

import (
	"context"
	"flag"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"klamm/peers/line"
)

func main() {
	brokers := line.Brokers()
	topic := flag.String("topic", "test-topic", "")
	partition := flag.Int("partition", -1, "one partition; all when -1")
	from := flag.String("from", "start", "start, end, an offset, or @milliseconds since the epoch")
	count := flag.Int("count", 100, "")
	committed := flag.Bool("committed", false, "read committed records only")
	flag.Parse()

	start := startOf(*from)
	options := []kgo.Opt{kgo.SeedBrokers(brokers()...)}
	if *partition >= 0 {
		options = append(options, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{*topic: {int32(*partition): start}}))
	} else {
		options = append(options, kgo.ConsumeTopics(*topic), kgo.ConsumeResetOffset(start))
	}
	if *committed {
		options = append(options, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	}
	client, err := kgo.NewClient(options...)
	line.Check(err, "start the client")
	defer client.Close()

	for read := 0; read < *count; {
		fetches := client.PollRecords(context.Background(), *count-read)
		for _, failure := range fetches.Errors() {
			line.Check(failure.Err, "read "+failure.Topic)
		}
		fetches.EachRecord(func(record *kgo.Record) {
			read++
			headers := map[string]string{}
			for _, header := range record.Headers {
				headers[header.Key] = string(header.Value)
			}
			line.Print("message", line.Event{
				"partition": record.Partition, "offset": record.Offset, "timestamp": record.Timestamp.UnixMilli(),
				"key": line.Text(record.Key), "value": line.Text(record.Value), "headers": headers,
			})
		})
	}
}

func startOf(from string) kgo.Offset {
	switch from {
	case "start":
		return kgo.NewOffset().AtStart()
	case "end":
		return kgo.NewOffset().AtEnd()
	}
	number, err := strconv.ParseInt(strings.TrimPrefix(from, "@"), 10, 64)
	line.Check(err, "read -from")
	if strings.HasPrefix(from, "@") {
		return kgo.NewOffset().AfterMilli(number)
	}
	return kgo.NewOffset().At(number)
}
