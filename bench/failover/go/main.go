// franz-go, as clients.ts says.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func say(line map[string]any) {
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

func main() {
	bootstrap, topic := os.Args[1], os.Args[2]
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		panic(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(bootstrap, ",")...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		panic(err)
	}
	var mutex sync.Mutex
	last, longest, failed := make([]time.Time, count), make([]time.Duration, count), 0
	for partition := range last {
		last[partition] = time.Now()
	}
	told := func(record *kgo.Record, err error) {
		mutex.Lock()
		defer mutex.Unlock()
		if err != nil {
			failed++
			return
		}
		now, partition := time.Now(), record.Partition
		longest[partition] = max(longest[partition], now.Sub(last[partition]))
		last[partition] = now
	}
	ending := make(chan struct{})
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		close(ending)
	}()
	value := []byte(strings.Repeat("k", 100))
	ticker := time.NewTicker(10 * time.Millisecond)
	for turn := 0; ; turn++ {
		for partition := range count {
			client.TryProduce(context.Background(), &kgo.Record{Topic: topic, Partition: int32(partition), Value: value}, told)
		}
		if turn%20 == 0 {
			mutex.Lock()
			ages := make([]int64, count)
			for partition := range last {
				ages[partition] = time.Since(last[partition]).Milliseconds()
			}
			mutex.Unlock()
			say(map[string]any{"ages": ages})
		}
		select {
		case <-ticker.C:
			continue
		case <-ending:
		}
		break
	}
	mutex.Lock()
	pauses := make([]int64, count)
	for partition := range longest {
		pauses[partition] = longest[partition].Milliseconds()
	}
	say(map[string]any{"longest": pauses, "failed": failed})
	mutex.Unlock()
}
