// franz-go, with its defaults but uncompressed: the same workloads as workload.ts, printed the same way.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func usage() (cpuSeconds float64, peakMb float64) {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(u.Utime) + seconds(u.Stime), float64(u.Maxrss) * 1024 / 1e6
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	workload, bootstrap, topic := os.Args[1], os.Args[2], os.Args[3]
	count, err := strconv.Atoi(os.Args[4])
	must(err)
	bytes, err := strconv.Atoi(os.Args[5])
	must(err)
	value := []byte(strings.Repeat("k", bytes))
	ctx := context.Background()
	options := []kgo.Opt{
		kgo.SeedBrokers(bootstrap), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		// As the others have it: values of one letter would cost next to nothing.
		kgo.ProducerBatchCompression(kgo.NoCompression()),
	}
	consuming := strings.HasPrefix(workload, "consume")
	transactions := strings.HasPrefix(workload, "transactions of ")
	if transactions {
		options = append(options, kgo.TransactionalID(fmt.Sprintf("bench-%d", os.Getpid())))
	}
	if consuming {
		options = append(options, kgo.FetchIsolationLevel(kgo.ReadCommitted()),
			kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	}
	client, err := kgo.NewClient(options...)
	must(err)
	record := func() *kgo.Record { return &kgo.Record{Topic: topic, Value: value} }
	transaction := func(size int) {
		must(client.BeginTransaction())
		for range size {
			client.Produce(ctx, record(), func(_ *kgo.Record, err error) { must(err) })
		}
		must(client.Flush(ctx))
		must(client.EndTransaction(ctx, kgo.TryCommit))
	}
	if transactions {
		transaction(1)
	} else if !consuming {
		must(client.ProduceSync(ctx, record()).FirstErr())
	}

	side := func(workers int, each func()) {
		var done sync.WaitGroup
		for range workers {
			done.Add(1)
			go func() { defer done.Done(); each() }()
		}
		done.Wait()
	}
	batches := func(size, times int) {
		records := make([]*kgo.Record, size)
		for range times {
			for i := range records {
				records[i] = record()
			}
			must(client.ProduceSync(ctx, records...).FirstErr())
		}
	}
	one := func(times int) {
		for range times {
			must(client.ProduceSync(ctx, record()).FirstErr())
		}
	}

	cpuBefore, _ := usage()
	start := time.Now()
	switch workload {
	case "awaited one by one":
		one(count)
	case "100 awaited in flight":
		side(100, func() { one(count / 100) })
	case "batches of 100":
		batches(100, count/100)
	case "batches of 1000":
		batches(1000, count/1000)
	case "4 x 1000 in flight":
		side(4, func() { batches(1000, count/4000) })
	case "transactions of 1", "transactions of 100", "transactions of 10000":
		size, err := strconv.Atoi(strings.TrimPrefix(workload, "transactions of "))
		must(err)
		for sent := 0; sent < count; sent += size {
			transaction(size)
		}
	default:
		for seen := 0; seen < count; {
			fetches := client.PollFetches(ctx)
			must(fetches.Err())
			seen += fetches.NumRecords()
		}
	}
	seconds := time.Since(start).Seconds()
	cpu, peak := usage()
	client.Close()
	line, _ := json.Marshal(map[string]float64{
		"msg/s":             float64(count) / seconds,
		"CPU s per million": (cpu - cpuBefore) * 1e6 / float64(count),
		"peak MB":           peak,
	})
	fmt.Println(string(line))
}
