package kafka

import (
	"time"

	"github.com/velostream/velo/ingest/kafka/recordbatch"
)

// cursor is one partition while it is fetched by hand. Its rawFetch guards it.
type cursor struct {
	partition int32
	to        int64 // first offset that is not wanted

	at    int64 // offset to fetch next
	epoch int32 // of the leader that took what is before it; -1: unknown
	read  int64 // offset up to which what came was taken
	moved bool  // something was fetched

	leader      int32 // -1: not known
	leaderEpoch int32
	replica     int32     // where the leader says to read from, -1: the leader itself
	lease       time.Time // until when
	doubt       bool      // the log may have been cut at a change of leaders

	queue []*recordbatch.Chunk // fetched and not read
	bytes int64                // of the queue

	busy   bool // a request for it is under way
	done   bool // nothing more is wanted of it
	broken bool // the last of the queue cannot be read
	short  int  // answers in a row with a log that ends before the range does
	fails  int
	again  time.Time // not before, after a failure
}

// broker is whom to ask.
func (c *cursor) broker() int32 {
	if c.replica >= 0 {
		return c.replica
	}
	return c.leader
}

// wanted tells whether more of the partition is to be fetched, room or not.
func (c *cursor) wanted() bool {
	return !c.done && !c.broken && !c.doubt && c.at < c.to
}

// push appends an answer that ends at an offset.
func (c *cursor) push(ch *recordbatch.Chunk, next int64) {
	c.queue = append(c.queue, ch)
	c.bytes += int64(ch.Size())
	c.at, c.moved = next, true
}

// fail notes a failure that may pass.
func (c *cursor) fail(cfg *Config) {
	c.fails++
	c.again = time.Now().Add(cfg.backoff(c.fails))
}

// jump goes on at another offset, after what is in the queue.
func (c *cursor) jump(at int64) {
	c.at, c.epoch = at, -1
	c.queue = append(c.queue, recordbatch.NewChunk(nil, at, nil))
}
