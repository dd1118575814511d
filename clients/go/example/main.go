// Records COUNT accesses from four goroutines, and ends its session: go run ./example [COUNT]
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"recorder.example"
	pb "recorder.example/einsicht/v1"
)

func main() {
	count := uint64(4)
	if len(os.Args) > 1 {
		var err error
		if count, err = strconv.ParseUint(os.Args[1], 10, 32); err != nil {
			log.Fatal(err)
		}
	}
	token, err := os.ReadFile(os.Getenv("EINSICHT_TOKEN_FILE"))
	if err != nil {
		log.Fatal(err)
	}
	ledger, err := recorder.Connect(os.Getenv("EINSICHT_URL"), strings.TrimSpace(string(token)), os.Getenv("EINSICHT_CA_FILE"))
	if err != nil {
		log.Fatal(err)
	}
	unit, kind := "go", pb.ActorKind_ACTOR_KIND_SYSTEM
	numbers := make(chan uint64)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for number := range numbers {
				places, err := ledger.Record(context.Background(), &pb.AccessEvent{
					Dataset: "besuchertrend", Operation: pb.Operation_OPERATION_QUERY, Purpose: "verkehrsplanung",
					Unit: &unit, ActorKind: &kind, RecordCount: &number, OccurredAtUs: time.Now().UnixMicro(),
				})
				if err != nil {
					log.Fatal(err)
				}
				before := ""
				if places[0].AlreadyRecorded {
					before = ", and was before"
				}
				fmt.Printf("access %d is entry %d%s\n", number, places[0].Index, before)
			}
		})
	}
	for number := range count {
		numbers <- number
	}
	close(numbers)
	workers.Wait()
	if err := ledger.Close(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println("ended")
}
