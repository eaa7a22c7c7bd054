package kafka

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo/ingest"
)

// listener is another port of the broker that scripts/kafka/start.sh started.
func listener(t *testing.T, name string) *rig {
	t.Helper()
	realBroker(t)
	b, err := os.ReadFile(filepath.Join(os.Getenv("VELO_TEST_KAFKA_RUN"), name))
	if err != nil {
		t.Skipf("the broker has no such listener: %v", err)
	}
	return &rig{addr: strings.TrimSpace(string(b))}
}

// login makes the topic "s" that checkLogin reads.
func login(t *testing.T, r *rig, props ...string) {
	t.Helper()
	plain := newRig(t, realBroker(t))
	topics, err := plain.adm.ListTopics(testContext(t), "s")
	require.NoError(t, err)
	if !topics.Has("s") {
		plain.create(t, "s", 1, nil)
	}
	checkLogin(t, r, map[string]string{"PLAIN": "velo", "SCRAM-SHA-256": "velo", "SCRAM-SHA-512": "velo"}, "velo-secret", props...)
}

func TestRealLogin(t *testing.T) {
	r := listener(t, "bootstrap.sasl")
	login(t, r, "security.protocol", "sasl_plaintext")
	require.ErrorContains(t, scanError(t, r), "may speak another security.protocol than plaintext")
}

func TestRealLoginOverTLS(t *testing.T) {
	r := listener(t, "bootstrap.sasl_ssl")
	login(t, r, "security.protocol", "sasl_ssl", "ssl.ca.location", filepath.Join(os.Getenv("VELO_TEST_KAFKA_RUN"), "tls", "ca.pem"))
}

func TestRealTLS(t *testing.T) {
	r := listener(t, "bootstrap.ssl")
	plain := newRig(t, realBroker(t))
	topic := plain.topic(t, 1)
	plain.produce(t, rec(topic, 0, 1, "", "a"))
	ca := filepath.Join(os.Getenv("VELO_TEST_KAFKA_RUN"), "tls", "ca.pem")
	got := read(t, r.source(t, "topic", topic, "bounded", "true", "security.protocol", "ssl", "ssl.ca.location", ca), 10, ingest.Scan{})
	require.Equal(t, []string{"a"}, got.lines)
	require.ErrorContains(t, scanError(t, r, "security.protocol", "ssl"), "certificate of an unknown authority: set ssl.ca.location")
	require.ErrorContains(t, scanError(t, r), "closes the connection at the first request")
	require.ErrorContains(t, scanError(t, plain, "security.protocol", "ssl"), plain.addr)
}

// What the sink wrote, as Kafka's own console consumer sees it.
func TestRealConsoleConsumer(t *testing.T) {
	r := newRig(t, realBroker(t))
	topic := r.topic(t, 1)
	s := r.sink(t, "topic", topic)
	require.NoError(t, write(t, s,
		row{value: `{"a":1}`, key: "k1", at: 1000, headers: []kgo.RecordHeader{{Key: "h", Value: []byte("x")}, {Key: "n"}}},
		row{value: "b", key: "NULL", at: 2000},
		row{value: "gone", key: "k1", at: 3000, deleted: true}))
	require.NoError(t, s.Close(testContext(t), true))
	cmd := exec.CommandContext(testContext(t), filepath.Join(os.Getenv("VELO_TEST_KAFKA_SCRIPTS"), "consume.sh"), topic, "--max-messages", "3")
	out, err := cmd.Output()
	require.NoError(t, err)
	require.Equal(t, []string{
		"CreateTime:1000\tPartition:0\tOffset:0\th:x,n:null\tk1\t{\"a\":1}",
		"CreateTime:2000\tPartition:0\tOffset:1\tNO_HEADERS\tnull\tb",
		"CreateTime:3000\tPartition:0\tOffset:2\tNO_HEADERS\tk1\tnull",
	}, strings.Split(strings.TrimSpace(string(out)), "\n"))
}

// The group that a source commits for is one that Kafka's admin client knows.
func TestRealCommit(t *testing.T) {
	r := newRig(t, realBroker(t))
	topic := r.topic(t, 1)
	r.produce(t, rec(topic, 0, 1, "", "a"), rec(topic, 0, 2, "", "b"))
	src := r.open(t, "topic", topic, "group.id", "g"+topic, "auto.offset.reset", "earliest")
	require.Len(t, nextN(t, src, 2), 2)
	ack(t, src, 2)
	off, err := r.adm.FetchOffsets(testContext(t), "g"+topic)
	require.NoError(t, err)
	at := int64(-1)
	off.Each(func(o kadm.OffsetResponse) { at = o.At })
	require.EqualValues(t, 2, at)
}

// ownBroker starts a broker of the test's own, for others are in use, and gives what runs
// its scripts.
func ownBroker(t *testing.T) (script func(name string, args ...string) string, addr string) {
	t.Helper()
	realBroker(t)
	scripts := os.Getenv("VELO_TEST_KAFKA_SCRIPTS")
	cache := t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(filepath.Dir(os.Getenv("VELO_TEST_KAFKA_RUN")), "lib"), filepath.Join(cache, "lib")))
	script = func(name string, args ...string) string {
		cmd := exec.Command(filepath.Join(scripts, name), args...)
		cmd.Env = append(os.Environ(), "VELO_KAFKA_CACHE="+cache)
		var errs strings.Builder
		cmd.Stderr = &errs
		out, err := cmd.Output()
		require.NoError(t, err, errs.String())
		return strings.TrimSpace(string(out))
	}
	addr = script("start.sh")
	t.Cleanup(func() { script("stop.sh") })
	return script, addr
}

// A sink that writes while its broker is stopped, and while it crashes, loses nothing,
// doubles nothing and keeps the order.
func TestRealSinkRestart(t *testing.T) {
	script, addr := ownBroker(t)
	eachWay(t, func(t *testing.T, way string) {
		r := newRig(t, addr)
		r.way = way
		topic := r.topic(t, 3)
		s := r.sink(t, "topic", topic, "linger.ms", "1", "retry.backoff.ms", "20", "retry.backoff.max.ms", "200")
		stop, done := make(chan struct{}), make(chan int)
		go func() {
			n := 0
			defer func() { done <- n }()
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := write(t, s, numbered(n, n+10, 7)...); err != nil {
					t.Error(err)
					return
				}
				n += 10
				time.Sleep(5 * time.Millisecond)
			}
		}()
		for _, signal := range []string{"TERM", "KILL"} {
			time.Sleep(500 * time.Millisecond)
			script("restart.sh", signal)
		}
		time.Sleep(500 * time.Millisecond)
		close(stop)
		n := <-done
		require.NoError(t, s.Close(testContext(t), true))
		once(t, r, topic, n)
		ends, err := r.adm.ListEndOffsets(testContext(t), topic)
		require.NoError(t, err)
		total := int64(0)
		ends.Each(func(o kadm.ListedOffset) { total += o.Offset })
		require.Equal(t, int64(n), total, "nothing is there twice")
	})
}

// A broker that is stopped and comes back, and one that crashes, cost time and nothing
// else: a member of a group reads on where it was, and so does a bounded read.
func TestRealRestart(t *testing.T) {
	script, addr := ownBroker(t)
	eachWay(t, func(t *testing.T, way string) {
		r := newRig(t, addr)
		r.way = way
		topic := r.topic(t, 2)
		props := []string{"topic", topic, "group.id", "g" + topic, "auto.offset.reset", "earliest"}
		group := r.open(t, props...)
		want := 0
		write := func(n int) {
			for i := range n {
				r.produce(t, rec(topic, int32(i%2), int64(want), "", fmt.Sprint(want)))
				want++
			}
		}
		seen := map[string]bool{}
		read := int64(0)
		// more reads until all was seen and committed; what was not committed when the
		// coordinator went away is read again.
		more := func() {
			end := time.Now().Add(2 * time.Minute)
			for len(seen) < want || r.committed(t, "g"+topic, topic) < int64(want) {
				require.True(t, time.Now().Before(end))
				for _, l := range idle(t, group, 1) {
					seen[l] = true
					read++
				}
				ack(t, group, read)
			}
			require.Len(t, seen, want)
		}
		write(20)
		more()
		bounded := r.scan(t, "topic", topic, "bounded", "true", "max.partition.fetch.bytes", "100", "fetch.max.bytes", "200")
		got := next(t, bounded, 1)
		for _, signal := range []string{"TERM", "KILL"} {
			script("restart.sh", signal)
			write(10)
			more()
		}
		for {
			some := next(t, bounded, 5)
			if some == nil {
				break
			}
			got = append(got, some...)
		}
		require.Len(t, got, 20)
		require.NoError(t, group.Close())
		require.Empty(t, idle(t, r.open(t, props...), 20))
	})
}

// Partitions that move to another broker and back cost nothing but time: a member of a
// group and a bounded read go on where they were, and a sink writes each record once and
// in order.
func TestRealLeaderChange(t *testing.T) {
	script, addr := ownBroker(t)
	script("join.sh")
	eachWay(t, func(t *testing.T, way string) {
		r := newRig(t, addr)
		r.way = way
		topic := fmt.Sprintf("t%d", time.Now().UnixNano())
		resp, err := r.adm.CreateTopic(testContext(t), 2, 1, nil, topic)
		require.NoError(t, err)
		require.NoError(t, resp.Err)
		// move waits until a broker leads both partitions.
		move := func(broker int32) {
			var to kadm.AlterPartitionAssignmentsReq
			for p := range int32(2) {
				to.Assign(topic, p, []int32{broker})
			}
			resps, err := r.adm.AlterPartitionAssignments(testContext(t), to)
			require.NoError(t, err)
			require.NoError(t, resps.Error())
			require.Eventually(t, func() bool {
				topics, err := r.adm.ListTopics(testContext(t), topic)
				require.NoError(t, err)
				parts := topics[topic].Partitions
				return len(parts) == 2 && parts[0].Leader == broker && parts[1].Leader == broker
			}, time.Minute, 20*time.Millisecond)
		}
		move(1)
		s := r.sink(t, "topic", topic, "linger.ms", "1", "retry.backoff.ms", "20", "retry.backoff.max.ms", "200")
		require.NoError(t, write(t, s, numbered(0, 20, 7)...))
		require.NoError(t, s.Flush(testContext(t)))
		bounded := r.scan(t, "topic", topic, "bounded", "true", "max.partition.fetch.bytes", "100", "fetch.max.bytes", "200")
		got := next(t, bounded, 1)
		group := r.open(t, "topic", topic, "group.id", "g"+topic, "auto.offset.reset", "earliest")
		seen := map[string]bool{}
		n := 20
		// more reads all that was written; nothing is read twice.
		more := func() {
			for end := time.Now().Add(time.Minute); len(seen) < n; {
				require.True(t, time.Now().Before(end), "%d of %d records", len(seen), n)
				for _, l := range idle(t, group, 1) {
					require.False(t, seen[l], l)
					seen[l] = true
				}
			}
		}
		more()
		for _, broker := range []int32{2, 1} {
			stop, done := make(chan struct{}), make(chan error, 1)
			go func() { // writes while the partitions move
				for {
					select {
					case <-stop:
						done <- nil
						return
					default:
					}
					if err := write(t, s, numbered(n, n+10, 7)...); err != nil {
						done <- err
						return
					}
					n += 10
					time.Sleep(5 * time.Millisecond)
				}
			}()
			move(broker)
			close(stop)
			require.NoError(t, <-done)
			more()
		}
		for {
			some := next(t, bounded, 5)
			if some == nil {
				break
			}
			got = append(got, some...)
		}
		require.Len(t, got, 20)
		require.NoError(t, s.Close(testContext(t), true))
		once(t, r, topic, n)
	})
}
