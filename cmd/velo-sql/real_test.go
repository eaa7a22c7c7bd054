package main_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// realBroker gives the address of a real Apache Kafka, and what runs velo-sql.
func realBroker(t *testing.T) (ctx context.Context, addr string, run func(args ...string)) {
	t.Helper()
	addr = os.Getenv("VELO_TEST_KAFKA")
	if addr == "" {
		t.Skip("VELO_TEST_KAFKA is not set: scripts/kafka/test.sh runs this against a real broker")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	bin := filepath.Join(t.TempDir(), "velo-sql")
	out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	return ctx, addr, func(args ...string) {
		t.Helper()
		out, err := exec.CommandContext(ctx, bin, args...).CombinedOutput()
		require.NoError(t, err, string(out))
	}
}

// TestRealDemoEqualsReplay produces the demo's data to a topic of a real Apache
// Kafka, runs the demo's application against it, and reads the output topics
// with Kafka's own console consumer: they hold what the replay writes to files.
func TestRealDemoEqualsReplay(t *testing.T) {
	ctx, addr, run := realBroker(t)
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	demo := filepath.Join(root, "testdata/demo/flights.sql")
	capture := filepath.Join(root, "testdata/data/flights/flights.capture.jsonl.gz")
	suffix := "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	produceCapture(ctx, t, addr, "flights"+suffix, capture)
	files := t.TempDir()
	run("replay", demo, "--from", "flights="+capture, "--out", files)
	args := []string{"run", demo, "--broker", addr, "--set", "flights.topic=flights" + suffix, "--set", "flights.bounded=true"}
	sinks := []string{"diverted", "cancellations", "blizzard"}
	for _, s := range sinks {
		createTopic(ctx, t, addr, s+suffix, 3)
		args = append(args, "--set", s+".topic="+s+suffix)
	}
	run(args...)
	for _, s := range sinks {
		want := lines(t, filepath.Join(files, s+".jsonl"))
		require.NotEmpty(t, want)
		cmd := exec.CommandContext(ctx, filepath.Join(os.Getenv("VELO_TEST_KAFKA_SCRIPTS"), "consume.sh"), s+suffix, "--max-messages", strconv.Itoa(len(want)+1))
		printed, _ := cmd.Output() // it waits for one message more than there should be, and says so by its exit code
		var got []string
		for _, l := range strings.Split(strings.TrimSpace(string(printed)), "\n") {
			f := strings.Split(l, "\t")
			value := f[len(f)-1]
			got = append(got, value)
			if s != "diverted" {
				var row struct{ Origin string }
				require.NoError(t, json.Unmarshal([]byte(value), &row), l)
				require.Equal(t, row.Origin, f[len(f)-2], "the key is the GROUP BY column: %s", l)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, want, got, s)
	}
}

func lines(t *testing.T, path string) []string {
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

func createTopic(ctx context.Context, t *testing.T, addr, topic string, partitions int32) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.DisableClientMetrics())
	require.NoError(t, err)
	defer cl.Close()
	_, err = kadm.NewClient(cl).CreateTopic(ctx, partitions, 1, nil, topic)
	require.NoError(t, err)
}

// produceCapture writes a capture's records to the same partitions of a new topic.
func produceCapture(ctx context.Context, t *testing.T, addr, topic, path string) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(5*time.Millisecond), kgo.DisableClientMetrics())
	require.NoError(t, err)
	defer cl.Close()
	createTopic(ctx, t, addr, topic, 4)
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	sc := bufio.NewScanner(z)
	sc.Buffer(nil, 1<<20)
	n := 0
	for sc.Scan() {
		var r struct {
			Partition int32
			TS        int64
			Headers   []string
			Key       *string
			Payload   string
		}
		require.NoError(t, json.Unmarshal(sc.Bytes(), &r))
		rec := &kgo.Record{Topic: topic, Partition: r.Partition, Timestamp: time.UnixMilli(r.TS), Value: []byte(r.Payload)}
		if r.Key != nil {
			rec.Key = []byte(*r.Key)
		}
		for i := 0; i+1 < len(r.Headers); i += 2 {
			rec.Headers = append(rec.Headers, kgo.RecordHeader{Key: r.Headers[i], Value: []byte(r.Headers[i+1])})
		}
		cl.Produce(ctx, rec, func(_ *kgo.Record, err error) {
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		})
		n++
	}
	require.NoError(t, sc.Err())
	require.NoError(t, cl.Flush(ctx))
	require.Equal(t, 6104, n)
}
