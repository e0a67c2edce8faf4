// Looks after a topic with franz-go's admin client:
//
//	franz-admin [flags] cluster|create|list|offsets|config|alter|add-partitions|delete-records|delete
package main

import (
	"context"
	"flag"
	"log"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"klamm/peers/line"
)

func main() {
	brokers := line.Brokers()
	topic := flag.String("topic", "test-topic", "")
	partitions := flag.Int("partitions", 3, "of create and add-partitions")
	config := flag.String("config", "", "KEY=VALUE of create and alter")
	offset := flag.Int64("offset", 0, "delete-records deletes below it in partition 0")
	after := flag.Int64("after", 0, "offsets: also the offsets at this time")
	flag.Parse()

	client, err := kgo.NewClient(kgo.SeedBrokers(brokers()...))
	line.Check(err, "start the client")
	defer client.Close()
	admin := kadm.NewClient(client)
	ctx := context.Background()

	switch flag.Arg(0) {
	case "cluster":
		metadata, err := admin.BrokerMetadata(ctx)
		line.Check(err, "describe the cluster")
		line.Print("cluster", line.Event{"id": metadata.Cluster, "controller": metadata.Controller, "brokers": len(metadata.Brokers)})
	case "create":
		entries := map[string]*string{}
		if name, value, ok := strings.Cut(*config, "="); ok {
			entries[name] = &value
		}
		created, err := admin.CreateTopic(ctx, int32(*partitions), 1, entries, *topic)
		line.Check(err, "create the topic")
		line.Print("created", line.Event{"topic": created.Topic, "id": created.ID.String(), "partitions": created.NumPartitions, "replicationFactor": created.ReplicationFactor})
	case "list":
		topics, err := admin.ListTopics(ctx)
		line.Check(err, "list the topics")
		for _, found := range topics.Sorted() {
			line.Print("topic", line.Event{"topic": found.Topic, "id": found.ID.String(), "partitions": len(found.Partitions)})
		}
	case "offsets":
		offsets(ctx, admin, *topic, *after)
	case "config":
		found, err := admin.DescribeTopicConfigs(ctx, *topic)
		line.Check(err, "describe the configuration")
		resource, err := found.On(*topic, nil)
		line.Check(err, "describe the configuration")
		line.Check(resource.Err, "describe the configuration")
		for _, entry := range resource.Configs {
			line.Print("config", line.Event{"name": entry.Key, "value": entry.MaybeValue(), "source": entry.Source.String()})
		}
	case "alter":
		name, value, _ := strings.Cut(*config, "=")
		changed, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: name, Value: &value}}, *topic)
		line.Check(err, "alter the configuration")
		for _, change := range changed {
			line.Check(change.Err, "alter the configuration")
		}
	case "add-partitions":
		added, err := admin.UpdatePartitions(ctx, *partitions, *topic)
		line.Check(err, "add partitions")
		line.Check(added.Error(), "add partitions")
	case "delete-records":
		deleted, err := admin.DeleteRecords(ctx, kadm.Offsets{*topic: {0: {Topic: *topic, Partition: 0, At: *offset}}})
		line.Check(err, "delete records")
		line.Check(deleted.Error(), "delete records")
		line.Print("deleted", line.Event{"lowWatermark": deleted[*topic][0].LowWatermark})
	case "delete":
		deleted, err := admin.DeleteTopic(ctx, *topic)
		line.Check(err, "delete the topic")
		line.Check(deleted.Err, "delete the topic")
	default:
		log.Fatalf("unknown command %q", flag.Arg(0))
	}
}

// offsets prints, for each partition, the first offset, the end, the one with the largest timestamp and the one at a time.
func offsets(ctx context.Context, admin *kadm.Client, topic string, after int64) {
	starts, err := admin.ListStartOffsets(ctx, topic)
	line.Check(err, "list the start offsets")
	ends, err := admin.ListEndOffsets(ctx, topic)
	line.Check(err, "list the end offsets")
	largest, err := admin.ListMaxTimestampOffsets(ctx, topic)
	line.Check(err, "list the offsets of the largest timestamps")
	times, err := admin.ListOffsetsAfterMilli(ctx, after, topic)
	line.Check(err, "list the offsets at a time")
	for partition := range int32(len(ends[topic])) {
		line.Print("offsets", line.Event{
			"partition": partition, "start": starts[topic][partition].Offset, "end": ends[topic][partition].Offset,
			"largestTimestamp": largest[topic][partition].Offset, "after": times[topic][partition].Offset,
		})
	}
}
