// Logs in with franz-go, sends one message and reads it back; prints what went wrong where it does.
package main

import (
	"context"
	"flag"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"klamm/peers/line"
)

func main() {
	brokers := line.Brokers()
	security := line.TLS()
	topic := flag.String("topic", "test-topic", "")
	mechanism := flag.String("mechanism", "PLAIN", "")
	user := flag.String("user", "", "")
	password := flag.String("password", "", "or the token of OAUTHBEARER")
	isToken := flag.Bool("token", false, "user and password are those of a delegation token")
	flag.Parse()

	scramAuth := scram.Auth{User: *user, Pass: *password, IsToken: *isToken}
	mechanisms := map[string]sasl.Mechanism{
		"PLAIN":         plain.Auth{User: *user, Pass: *password}.AsMechanism(),
		"SCRAM-SHA-256": scramAuth.AsSha256Mechanism(),
		"SCRAM-SHA-512": scramAuth.AsSha512Mechanism(),
		"OAUTHBEARER":   oauth.Auth{Token: *password}.AsMechanism(),
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers()...),
		kgo.SASL(mechanisms[*mechanism]),
		kgo.ConsumeTopics(*topic),
		kgo.AllowAutoTopicCreation(),
		kgo.DialTLSConfig(security()),
	)
	line.Check(err, "make the client")
	defer client.Close()
	if err := client.Ping(ctx); err != nil {
		line.Print("refused", line.Event{"error": err.Error()})
		return
	}
	sent := client.ProduceSync(ctx, &kgo.Record{Topic: *topic, Value: []byte(*mechanism)})
	line.Check(sent.FirstErr(), "send a message")
	fetches := client.PollFetches(ctx)
	line.Check(fetches.Err(), "read the message")
	line.Print("read", line.Event{"value": string(fetches.Records()[0].Value)})
}
