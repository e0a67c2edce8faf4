// A transactional producer with Sarama that does what the lines of its standard input say (see
// tests/peers/producers/producer.ts), until that ends.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/IBM/sarama"
	"klamm/peers/line"
)

type command struct {
	ID        int      `json:"id"`
	Do        string   `json:"do"`
	Topic     string   `json:"topic"`
	Partition int32    `json:"partition"`
	Values    []string `json:"values"`
	From      string   `json:"from"`
	Group     string   `json:"group"`
	Count     int      `json:"count"`
}

type transactional struct {
	brokers  []string
	config   *sarama.Config
	producer sarama.SyncProducer
	// Stays in its group until the transaction is over, for Sarama sends offsets with the commit.
	leave func()
}

func (t *transactional) obey(command command) error {
	switch command.Do {
	case "begin":
		return t.producer.BeginTxn()
	case "send":
		messages := make([]*sarama.ProducerMessage, len(command.Values))
		for i, value := range command.Values {
			messages[i] = &sarama.ProducerMessage{
				Topic: command.Topic, Partition: command.Partition, Value: sarama.StringEncoder(value),
			}
		}
		return t.send(messages)
	case "copy":
		return t.copy(command)
	case "commit":
		defer t.leaveGroup()
		return t.producer.CommitTxn()
	case "abort":
		defer t.leaveGroup()
		return t.producer.AbortTxn()
	}
	return fmt.Errorf("no such command: %s", command.Do)
}

func (t *transactional) send(messages []*sarama.ProducerMessage) error {
	err := t.producer.SendMessages(messages)
	var failed sarama.ProducerErrors
	if errors.As(err, &failed) {
		return failed[0].Err
	}
	return err
}

// Reads as a member of the group, and sends what it read with the offsets.
func (t *transactional) copy(command command) error {
	config := *t.config
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	members, err := sarama.NewConsumerGroup(t.brokers, command.Group, &config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	reader := &reader{command: command, t: t, done: make(chan error, 1)}
	go func() { ended <- members.Consume(ctx, []string{command.From}, reader) }()
	t.leave = func() {
		cancel()
		<-ended
		members.Close()
	}
	select {
	case err := <-reader.done:
		return err
	case err := <-ended:
		ended <- err
		return fmt.Errorf("the group ended before %d messages were read: %v", command.Count, err)
	}
}

func (t *transactional) leaveGroup() {
	if t.leave != nil {
		t.leave()
		t.leave = nil
	}
}

type reader struct {
	command command
	t       *transactional
	read    int
	done    chan error
}

func (r *reader) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (r *reader) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (r *reader) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		if r.read == r.command.Count {
			continue
		}
		r.read++
		copied := &sarama.ProducerMessage{Topic: r.command.Topic, Value: sarama.ByteEncoder(message.Value)}
		err := r.t.send([]*sarama.ProducerMessage{copied})
		if err == nil {
			metadata := sarama.NewConsumerGroupMetadataFromSession(session, r.command.Group, nil)
			err = r.t.producer.AddMessageToTxnWithGroupMetadata(message, metadata, nil)
		}
		if err != nil {
			r.read = r.command.Count
			r.done <- err
		} else if r.read == r.command.Count {
			r.done <- nil
		}
	}
	return nil
}

func main() {
	brokers := line.Brokers()
	id := flag.String("transactional-id", "", "")
	timeout := flag.Duration("timeout", time.Minute, "transaction timeout")
	version := flag.String("version", sarama.MaxVersion.String(), "the version of Kafka to speak")
	flag.Parse()

	config := sarama.NewConfig()
	parsed, err := sarama.ParseKafkaVersion(*version)
	line.Check(err, "read -version")
	config.Version = parsed
	config.Net.MaxOpenRequests = 1
	config.Producer.Idempotent = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Producer.Transaction.ID = *id
	config.Producer.Transaction.Timeout = *timeout

	producer, err := sarama.NewSyncProducer(brokers(), config)
	line.Check(err, "start the producer")
	t := &transactional{brokers: brokers(), config: config, producer: producer}
	line.Print("ready", line.Event{})
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		var command command
		line.Check(json.Unmarshal(input.Bytes(), &command), "read a command")
		answer := line.Event{"id": command.ID}
		if err := t.obey(command); err != nil {
			answer["error"] = err.Error()
		}
		line.Print("answer", answer)
	}
	t.leaveGroup()
	producer.Close()
}
