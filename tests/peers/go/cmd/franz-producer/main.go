// Sends messages with franz-go, idempotent unless told otherwise, and prints where each one went.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"github.com/twmb/franz-go/pkg/kgo"
	"klamm/peers/line"
)

func main() {
	brokers := line.Brokers()
	topic := flag.String("topic", "test-topic", "")
	partition := flag.Int("partition", -1, "the partition of all messages; by key when -1")
	count := flag.Int("count", 100, "")
	bytes := flag.Int("bytes", 0, "pads the value to this size")
	compression := flag.String("compression", "none", "none, gzip, snappy, lz4 or zstd")
	acks := flag.String("acks", "all", "all, 1 or 0; below all it is not idempotent")
	flag.Parse()

	options := []kgo.Opt{kgo.SeedBrokers(brokers()...), kgo.ProducerBatchCompression(codecOf(*compression))}
	switch *acks {
	case "1":
		options = append(options, kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite())
	case "0":
		options = append(options, kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())
	}
	if *partition >= 0 {
		options = append(options, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	client, err := kgo.NewClient(options...)
	line.Check(err, "start the client")
	defer client.Close()

	ctx := context.Background()
	for i := range *count {
		value := fmt.Appendf(nil, "franz %d", i)
		for len(value) < *bytes {
			value = append(value, byte('a'+len(value)%26))
		}
		record := &kgo.Record{
			Topic: *topic, Key: fmt.Appendf(nil, "key-%d", i%7), Value: value,
			Headers: []kgo.RecordHeader{{Key: "number", Value: fmt.Append(nil, i)}},
		}
		if *partition >= 0 {
			record.Partition = int32(*partition)
		}
		client.Produce(ctx, record, func(record *kgo.Record, err error) {
			line.Check(err, "send a record")
			line.Print("sent", line.Event{"partition": record.Partition, "offset": record.Offset, "number": i})
		})
	}
	line.Check(client.Flush(ctx), "flush")
}

func codecOf(name string) kgo.CompressionCodec {
	switch name {
	case "none":
		return kgo.NoCompression()
	case "gzip":
		return kgo.GzipCompression()
	case "snappy":
		return kgo.SnappyCompression()
	case "lz4":
		return kgo.Lz4Compression()
	case "zstd":
		return kgo.ZstdCompression()
	}
	log.Fatalf("unknown compression %q", name)
	return kgo.NoCompression()
}
