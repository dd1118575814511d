package recorder

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	pb "recorder.example/einsicht/v1"
)

// A request that has no answer is sent again, the same bytes, by the library: these codes pass, or leave open
// what became of it. After three quarters of a minute it fails.
const again = `{"methodConfig": [{"name": [{"service": "einsicht.v1.Recorder"}], "timeout": "60s",
	"retryPolicy": {"maxAttempts": 11, "initialBackoff": "0.1s", "maxBackoff": "10s", "backoffMultiplier": 2,
		"retryableStatusCodes": ["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "CANCELLED",
			"INTERNAL", "UNKNOWN"]}}]}`

// Connect returns a recorder for the ledger at an address, whose certificate is of the authority in caFile
// ("": one that this system trusts).
func Connect(address, token, caFile string) (*Recorder, error) {
	place, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	transport := credentials.NewTLS(nil)
	if place.Scheme != "https" {
		if host := place.Hostname(); host != "localhost" && !net.ParseIP(host).IsLoopback() {
			return nil, fmt.Errorf("%s: tokens are sent to another machine with https:// only", address)
		}
		transport = insecure.NewCredentials()
	} else if caFile != "" {
		if transport, err = credentials.NewClientTLSFromFile(caFile, ""); err != nil {
			return nil, err
		}
	}
	authorize := func(ctx context.Context, method string, request, answer any, connection *grpc.ClientConn,
		call grpc.UnaryInvoker, options ...grpc.CallOption) error {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
		return call(ctx, method, request, answer, connection, options...)
	}
	connection, err := grpc.NewClient(place.Host, grpc.WithTransportCredentials(transport),
		grpc.WithUnaryInterceptor(authorize), grpc.WithDefaultServiceConfig(again), grpc.WithMaxCallAttempts(11),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 20 * time.Second, Timeout: 10 * time.Second}))
	return &Recorder{ledger: pb.NewRecorderClient(connection)}, err
}
