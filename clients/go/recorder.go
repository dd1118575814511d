// Package recorder records accesses in an Einsicht ledger. The rules that it keeps: docs/clients.md.
package recorder

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	pb "recorder.example/einsicht/v1"
)

// Recorder is one producer. Goroutines may share it; it sends one request at a time.
type Recorder struct {
	ledger  pb.RecorderClient // sends a request again, unchanged: connect.go
	mutex   sync.Mutex
	session []byte
	began   time.Time
	next    uint64
}

// Record returns where the events stand, once they are durable. If it fails, hold the access back.
func (r *Recorder) Record(ctx context.Context, events ...*pb.AccessEvent) ([]*pb.Recorded, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if last := r.next - 1; r.next > 0 && (len(events) == 0 || time.Since(r.began) > 23*time.Hour) {
		r.next = 0
		_, err := r.ledger.EndSession(ctx, &pb.EndSessionRequest{Session: r.session, LastSequence: &last})
		if err != nil || len(events) == 0 {
			return nil, err
		}
	}
	if r.next == 0 {
		r.session, r.began = make([]byte, 16), time.Now()
		rand.Read(r.session)
	}
	for _, event := range events {
		id := uuid.New()
		event.EventId = id[:]
	}
	request := &pb.RecordRequest{Session: r.session, FirstSequence: r.next, Events: events}
	answer, err := r.ledger.Record(ctx, request)
	switch status.Code(err) {
	case codes.OK:
		r.next += uint64(len(events))
	case codes.InvalidArgument, codes.OutOfRange, codes.Unimplemented, codes.PermissionDenied, codes.Unauthenticated:
		// Refused: nothing is recorded, the numbers are free.
	default:
		r.next = 0 // nobody knows: the session is given up without an end
	}
	return answer.GetRecorded(), err
}

// Close ends the session. Without it auditors can not tell an end from a loss.
func (r *Recorder) Close(ctx context.Context) error { _, err := r.Record(ctx); return err }
