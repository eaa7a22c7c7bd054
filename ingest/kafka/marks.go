package kafka

import (
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// marks remembers the positions after each batch until the batch is acknowledged.
// The loop acknowledges batches, counted from the first one that the source
// returned; it may do so from another goroutine than the reading one, and the
// client takes partitions away from a third.
type marks struct {
	mu      sync.Mutex
	list    []*mark
	batches int64
}

// mark is the positions after one batch.
type mark struct {
	batch int64 // number of the batch, from 1
	next  map[int32]kgo.EpochOffset
	// The partition of the record before, whose position is not in next yet.
	partition int32
	offset    kgo.EpochOffset
	any       bool
}

func newMark() *mark { return &mark{next: map[int32]kgo.EpochOffset{}} }

// add counts a batch and appends its mark, complete: from here on other
// goroutines may read it. A batch without a record has none.
func (m *marks) add(k *mark) {
	k.settle()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.batches++
	k.batch = m.batches
	if len(k.next) > 0 {
		m.list = append(m.list, k)
	}
}

// at moves the position of a partition; records of one partition mostly follow
// each other, so the map is touched once a run.
func (k *mark) at(partition int32, offset int64, epoch int32) {
	if k.any && k.partition != partition {
		k.next[k.partition] = k.offset
	}
	k.any, k.partition, k.offset = true, partition, kgo.EpochOffset{Epoch: epoch, Offset: offset}
}

func (k *mark) settle() {
	if k.any {
		k.next[k.partition], k.any = k.offset, false
	}
}

// take gives the positions after the first batches, and forgets them.
func (m *marks) take(batches int64) map[int32]kgo.EpochOffset {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[int32]kgo.EpochOffset{}
	i := 0
	for ; i < len(m.list) && m.list[i].batch <= batches; i++ {
		for n, o := range m.list[i].next {
			out[n] = o
		}
	}
	m.list = slices.Delete(m.list, 0, i)
	return out
}

// forget drops the positions of partitions that now belong to another member: a
// commit for them would set that member's work back.
func (m *marks) forget(partitions []int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range m.list {
		for _, n := range partitions {
			delete(k.next, n)
		}
	}
}

// batchBytes bounds the record bytes of one batch: offsets of a column are 32-bit,
// and a decoder may write a payload several times over (escapes, nested text).
const batchBytes = 256 << 20

// cacheBytes bounds those of a batch of more than cacheRecords: what is unpacked for a batch
// waits in the cache for the decoder, beside what is unpacked meanwhile. Batches of 65,536
// records of 174 bytes took 4 % more than of a quarter of that, which have more allocations
// for each record, though.
const (
	cacheBytes   = 5 << 20
	cacheRecords = 4096
)

// limiter keeps batches of large records below batchBytes, and those of many below
// cacheBytes, from the size of the records before.
type limiter struct{ average int64 }

func (l *limiter) want(want int) int {
	if l.average == 0 {
		return min(want, 4096) // nothing is known yet: 64 KiB records fit
	}
	return max(1, min(want, int(batchBytes/l.average), max(int(cacheBytes/l.average), cacheRecords)))
}

func (l *limiter) observe(records int, bytes int64) {
	if records > 0 {
		l.average = max(1, (l.average+bytes/int64(records)+1)/2)
	}
}
