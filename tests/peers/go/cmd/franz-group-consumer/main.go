// Reads a topic as a member of a consumer group with franz-go, until SIGINT or SIGTERM. Prints each message before it is
// committed.
package main

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"klamm/peers/line"
)

func main() {
	brokers := line.Brokers()
	topic := flag.String("topic", "test-topic", "")
	group := flag.String("group", "franz-group", "")
	balancer := flag.String("balancer", "cooperative-sticky", "range, roundrobin, sticky or cooperative-sticky")
	instance := flag.String("instance", "", "group.instance.id")
	next := flag.Bool("next", false, "use the consumer protocol (KIP-848)")
	flag.Parse()

	balancers := map[string]kgo.GroupBalancer{
		"range": kgo.RangeBalancer(), "roundrobin": kgo.RoundRobinBalancer(),
		"sticky": kgo.StickyBalancer(), "cooperative-sticky": kgo.CooperativeStickyBalancer(),
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	options := []kgo.Opt{
		kgo.SeedBrokers(brokers()...), kgo.ConsumerGroup(*group), kgo.ConsumeTopics(*topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.Balancers(balancers[*balancer]), kgo.SessionTimeout(6 * time.Second), kgo.HeartbeatInterval(time.Second),
		kgo.AutoCommitInterval(time.Second), kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, assigned map[string][]int32) {
			line.Print("assigned", line.Event{"partitions": assigned[*topic]})
		}),
		kgo.OnPartitionsRevoked(func(ctx context.Context, client *kgo.Client, revoked map[string][]int32) {
			line.Print("revoked", line.Event{"partitions": revoked[*topic]})
			line.Check(client.CommitUncommittedOffsets(context.WithoutCancel(ctx)), "commit")
		}),
	}
	if *next {
		options = append(options, kgo.ServerSideBalancer())
	}
	if *instance != "" {
		options = append(options, kgo.InstanceID(*instance))
	}
	client, err := kgo.NewClient(options...)
	line.Check(err, "start the client")
	for ctx.Err() == nil {
		fetches := client.PollFetches(ctx)
		fetches.EachRecord(func(record *kgo.Record) {
			line.Print("message", line.Event{"partition": record.Partition, "offset": record.Offset})
		})
		client.AllowRebalance()
	}
	background, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	line.Check(client.CommitUncommittedOffsets(background), "commit")
	client.CloseAllowingRebalance()
	line.Print("closed", line.Event{})
}
