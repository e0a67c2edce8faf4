// Looks after topics with Sarama:
//
//	sarama-topic-admin [flags] exists|create|list|describe|add-partitions|config|alter|delete-records|delete
package main

import (
	"errors"
	"flag"
	"log"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/IBM/sarama"
	"klamm/peers/line"
)

func main() {
	brokers := line.Brokers()
	topic := flag.String("topic", "test-topic", "")
	partitions := flag.Int("partitions", 3, "of create and add-partitions")
	config := flag.String("config", "", "KEY=VALUE of create and alter")
	version := flag.Int("create-version", 4, "version of the CreateTopics request; a program that sets none sends 0")
	offset := flag.Int64("offset", 0, "delete-records deletes below it in partition 0")
	flag.Parse()

	client := newClient(brokers())
	defer client.Close()
	if flag.Arg(0) == "exists" {
		line.Print("exists", line.Event{"topic": *topic, "exists": exists(client, *topic)})
		return
	}
	if flag.Arg(0) == "create" {
		create(client, *topic, int32(*partitions), entries(*config), int16(*version))
		return
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	line.Check(err, "start the admin client")
	switch flag.Arg(0) {
	case "list":
		topics, err := admin.ListTopics()
		line.Check(err, "list the topics")
		for _, name := range slices.Sorted(maps.Keys(topics)) {
			line.Print("topic", line.Event{"topic": name, "partitions": topics[name].NumPartitions, "replicationFactor": topics[name].ReplicationFactor})
		}
	case "describe":
		describe(admin, *topic)
	case "add-partitions":
		line.Check(admin.CreatePartitions(*topic, int32(*partitions), nil, false), "add partitions")
	case "config":
		found, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: *topic})
		line.Check(err, "describe the configuration")
		for _, entry := range found {
			line.Print("config", line.Event{"name": entry.Name, "value": entry.Value, "default": entry.Default, "source": entry.Source.String()})
		}
	case "alter":
		changes := map[string]sarama.IncrementalAlterConfigsEntry{}
		for name, value := range entries(*config) {
			changes[name] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: value}
		}
		line.Check(admin.IncrementalAlterConfig(sarama.TopicResource, *topic, changes, false), "alter the configuration")
	case "delete-records":
		line.Check(admin.DeleteRecords(*topic, map[int32]int64{0: *offset}), "delete records")
	case "delete":
		line.Check(admin.DeleteTopic(*topic), "delete the topic")
	default:
		log.Fatalf("unknown command %q", flag.Arg(0))
	}
}

func newClient(brokers []string) sarama.Client {
	config := sarama.NewConfig()
	config.Net.DialTimeout = 5 * time.Second
	config.Version = sarama.V2_4_0_0 // IncrementalAlterConfigs came with 2.3
	client, err := sarama.NewClient(brokers, config)
	line.Check(err, "start the client")
	return client
}

func exists(client sarama.Client, topic string) bool {
	topics, err := client.Topics()
	line.Check(err, "list the topics")
	return slices.Contains(topics, topic)
}

// create asks the controller by hand, as programs did before Sarama had an admin client.
func create(client sarama.Client, topic string, partitions int32, config map[string]*string, version int16) {
	if exists(client, topic) {
		line.Print("exists", line.Event{"topic": topic, "exists": true})
		return
	}
	controller, err := client.Controller()
	line.Check(err, "find the controller")
	response, err := controller.CreateTopics(&sarama.CreateTopicsRequest{
		Version: version,
		TopicDetails: map[string]*sarama.TopicDetail{
			topic: {NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: config},
		},
		Timeout: 10 * time.Second,
	})
	line.Check(err, "send the request")
	for name, failure := range response.TopicErrors {
		if !errors.Is(failure.Err, sarama.ErrNoError) {
			line.Check(failure, "create "+name)
		}
	}
	line.Print("created", line.Event{"topic": topic, "partitions": partitions})
}

func describe(admin sarama.ClusterAdmin, topic string) {
	found, err := admin.DescribeTopics([]string{topic})
	line.Check(err, "describe the topic")
	for _, metadata := range found {
		if metadata.Err != sarama.ErrNoError {
			line.Print("error", line.Event{"topic": metadata.Name, "code": int(metadata.Err)})
			continue
		}
		slices.SortFunc(metadata.Partitions, func(a, b *sarama.PartitionMetadata) int { return int(a.ID - b.ID) })
		for _, partition := range metadata.Partitions {
			line.Print("partition", line.Event{
				"topic": metadata.Name, "partition": partition.ID, "leader": partition.Leader,
				"replicas": partition.Replicas, "inSync": partition.Isr,
			})
		}
	}
}

func entries(config string) map[string]*string {
	found := map[string]*string{}
	for pair := range strings.SplitSeq(config, ",") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			found[name] = &value
		}
	}
	return found
}
