package main

import (
	"context"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"velo-sql": main})
}

// TestScripts runs the scripts of testdata/script; BROKER is an in-process one
// with a topic of six records.
func TestScripts(t *testing.T) {
	broker := fakeBroker(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("BROKER", broker)
			e.Setenv("NO_COLOR", "1")
			return nil
		},
	})
}

func fakeBroker(t *testing.T) string {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "orders"), kfake.SeedTopics(1, "empty", "avro-orders", "proto-orders"))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	addr := c.ListenAddrs()[0]
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableClientMetrics())
	require.NoError(t, err)
	defer cl.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for i, v := range []string{`{"id":1,"amount":10.5}`, `{"id":2,"amount":20}`, `{"id":3,"amount":null}`, "\xff\x00", "", `{"id":6,"amount":60}`} {
		r := &kgo.Record{Topic: "orders", Partition: int32(i % 2), Timestamp: time.UnixMilli(1_700_000_000_000 + int64(i)*1000), Key: []byte("k"), Value: []byte(v),
			Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("v")}}}
		if v == "" {
			r.Value = nil
		}
		require.NoError(t, cl.ProduceSync(ctx, r).FirstErr())
	}
	return addr
}
