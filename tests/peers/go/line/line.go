// Package line holds what the programs share: events printed as one JSON object a line, and flags.
package line

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
)

// Event is one printed line; "event" says what happened.
type Event map[string]any

// Print writes an event to standard output.
func Print(event string, figures Event) {
	figures["event"] = event
	text, err := json.Marshal(figures)
	Check(err, "print an event")
	fmt.Println(string(text))
}

// Check ends the program when something failed, saying what.
func Check(err error, doing string) {
	if err != nil {
		log.SetFlags(0)
		log.Fatalf("could not %s: %v", doing, err)
	}
}

// Text is a key or a value as JSON: null where it is nil.
func Text(bytes []byte) any {
	if bytes == nil {
		return nil
	}
	return string(bytes)
}

// Brokers declares the flag every program has, with KAFKA_BROKERS as its default.
func Brokers() func() []string {
	fallback := os.Getenv("KAFKA_BROKERS")
	if fallback == "" {
		fallback = "127.0.0.1:9092"
	}
	brokers := flag.String("brokers", fallback, "addresses, comma separated")
	return func() []string { return strings.Split(*brokers, ",") }
}
