package kafka

import (
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/velostream/velo/ingest"
)

// losing is a network that loses one answer of six, with its connection, while it is on:
// the broker has done what it was asked to.
type losing struct {
	net.Listener
	on *atomic.Bool
	n  *atomic.Int64 // lost
}

func (l losing) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return losingConn{c, l}, err
}

type losingConn struct {
	net.Conn
	l losing
}

func (c losingConn) Write(b []byte) (int, error) {
	if c.l.on.Load() && rand.IntN(6) == 0 {
		c.l.n.Add(1)
		_ = c.Close()
		return 0, errors.New("lost")
	}
	return c.Conn.Write(b)
}

// Batches that were taken and whose answers were lost are sent again, and known by their
// numbers; what is read comes once, too.
func TestLostAnswers(t *testing.T) {
	net := losing{on: &atomic.Bool{}, n: &atomic.Int64{}}
	r := rawRig(t, kfake.NumBrokers(3), kfake.ListenFn(net.listen))
	topic := r.topic(t, 5)
	s := r.sink(t, "topic", topic, "retry.backoff.ms", "5", "batch.size", "900", "linger.ms", "1", "queue.buffering.max.messages", "300")
	net.on.Store(true)
	const n = 2500
	for i := 0; i < n; i += 25 {
		require.NoError(t, write(t, s, numbered(i, i+25, 7)...))
		time.Sleep(time.Millisecond)
		if i%1000 == 500 {
			r.fake.ShufflePartitionLeaders()
		}
	}
	require.NoError(t, s.Close(testContext(t), true))
	net.on.Store(false)
	require.Positive(t, net.n.Load())
	once(t, r, topic, n)

	cfg, _, err := parsed(sourceSide, "bootstrap.servers", r.addr, "topic", topic, "bounded", "true", "retry.backoff.ms", "5", "max.partition.fetch.bytes", "900")
	require.NoError(t, err)
	var spans []span
	ends, err := r.adm.ListEndOffsets(testContext(t), topic)
	require.NoError(t, err)
	for p, o := range ends[topic] {
		spans = append(spans, span{Partition: p, To: o.Offset})
	}
	reader, err := openRanges(testContext(t), &cfg, ingest.Env{}, spans)
	require.NoError(t, err)
	defer reader.close()
	net.on.Store(true)
	got := newRecords()
	for len(reader.parts) > 0 {
		require.NoError(t, reader.take(testContext(t), got, n))
		reader.parts = slices.DeleteFunc(reader.parts, (*part).drained)
	}
	net.on.Store(false)
	seen := map[string]bool{}
	for _, x := range got.runs {
		for i := x.from; i < x.to; i++ {
			seen[string(x.Value(int(i)))] = true
		}
	}
	require.Equal(t, n, got.n)
	require.Len(t, seen, n)
}

func (l losing) listen(network, address string) (net.Listener, error) {
	var err error
	l.Listener, err = net.Listen(network, address)
	return l, err
}
