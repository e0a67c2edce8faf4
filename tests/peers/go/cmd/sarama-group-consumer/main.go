// Reads a topic as a member of a consumer group with Sarama, until SIGINT or SIGTERM: setup, one claim for each partition,
// cleanup, again after each rebalance. Prints each message before it marks it.
package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/IBM/sarama"
	"klamm/peers/line"
)

type handler struct {
	manual bool
}

func (h *handler) Setup(session sarama.ConsumerGroupSession) error {
	line.Print("setup", line.Event{"claims": session.Claims(), "generation": session.GenerationID()})
	return nil
}

func (h *handler) Cleanup(session sarama.ConsumerGroupSession) error {
	line.Print("cleanup", line.Event{"generation": session.GenerationID()})
	return nil
}

func (h *handler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		line.Print("message", line.Event{"partition": message.Partition, "offset": message.Offset})
		session.MarkMessage(message, "**")
		if h.manual {
			session.Commit()
		}
	}
	return nil
}

func main() {
	brokers := line.Brokers()
	topic := flag.String("topic", "test-topic", "")
	group := flag.String("group", "auto-offset-group", "")
	manual := flag.Bool("manual", false, "commit after each message instead of from time to time")
	commitEvery := flag.Duration("commit-every", 5*time.Second, "")
	version := flag.String("version", "2.8.1", "the version of Kafka to speak")
	session := flag.Duration("session", 6*time.Second, "session timeout")
	flag.Parse()

	config := sarama.NewConfig()
	parsed, err := sarama.ParseKafkaVersion(*version)
	line.Check(err, "read -version")
	config.Version = parsed
	config.Consumer.Offsets.AutoCommit.Enable = !*manual
	config.Consumer.Offsets.AutoCommit.Interval = *commitEvery
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Group.Session.Timeout = *session
	config.Consumer.Group.Heartbeat.Interval = time.Second

	members, err := sarama.NewConsumerGroup(brokers(), *group, config)
	line.Check(err, "start the consumer group")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for ctx.Err() == nil {
		err := members.Consume(ctx, []string{*topic}, &handler{manual: *manual})
		if errors.Is(err, sarama.ErrClosedConsumerGroup) {
			break
		}
		line.Check(err, "consume")
	}
	line.Check(members.Close(), "close the consumer group")
	line.Print("closed", line.Event{})
}
