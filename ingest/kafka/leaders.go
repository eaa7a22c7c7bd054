package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// missingTopic is how often in a row a topic must be unknown to count as deleted: brokers
// hear of new topics one after the other.
const missingTopic = 5

// follow looks up the topic whenever it is asked to by look, and every so often where that
// is not zero; took tells whether to look again. An error that waiting does not mend goes
// to end.
func (cl *client) follow(ctx context.Context, look chan struct{}, every time.Duration, took func(kmsg.MetadataResponseTopic) bool, end func(error)) {
	missing, fails := 0, 0
	var tick <-chan time.Time
	if every > 0 {
		t := time.NewTicker(every)
		defer t.Stop()
		tick = t.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		case <-look:
		}
		t, err := cl.lookup(ctx)
		if ctx.Err() != nil {
			return
		}
		again := err != nil // the broker is gone for now; what it is, the client's hooks tell
		if err == nil {
			err = kerr.ErrorForCode(t.ErrorCode)
			switch {
			case errors.Is(err, kerr.UnknownTopicOrPartition):
				again = true
				if missing++; missing == missingTopic {
					end(err)
				}
			case err != nil && kerr.IsRetriable(err):
				again = true
			case err != nil:
				end(err)
			default:
				missing = 0
				again = took(t)
			}
		}
		if fails++; !again {
			fails = 1
		}
		// Not at the pace of failing requests.
		select {
		case <-ctx.Done():
			return
		case <-time.After(cl.cfg.backoff(fails)):
		}
		if again {
			poke(look)
		}
	}
}

// lead looks up who leads the partitions, whenever a fetch has reason to ask.
func (f *rawFetch) lead() {
	defer f.wg.Done()
	f.cl.follow(f.ctx, f.look, 0, func(t kmsg.MetadataResponseTopic) bool {
		again := f.led(t)
		return f.check() || again
	}, func(err error) { f.end(f.cl.cfg.fetchError(-1, err)) })
}

func (f *rawFetch) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail(err)
}

// led takes over what the broker says; again tells that some partition has no leader
// yet, or none newer than one that was known.
func (f *rawFetch) led(t kmsg.MetadataResponseTopic) (again bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	none := [16]byte{}
	switch {
	case f.topic != none && t.TopicID != none && f.topic != t.TopicID:
		f.fail(fmt.Errorf("kafka: topic %q was deleted and made anew while it was read: its offsets begin again: run again", f.cl.cfg.Topic))
		return false
	case t.TopicID != none:
		f.topic = t.TopicID
	}
	found := map[int32]bool{}
	for _, p := range t.Partitions {
		c := f.parts[p.Partition]
		if c == nil {
			continue
		}
		found[p.Partition] = true
		if p.Leader < 0 || p.LeaderEpoch >= 0 && p.LeaderEpoch < c.leaderEpoch {
			again = true
			continue
		}
		if p.LeaderEpoch > c.leaderEpoch {
			c.doubt = c.epoch >= 0 && c.epoch < p.LeaderEpoch
			c.replica = -1
		}
		if c.leader != p.Leader { // who has not failed yet
			c.fails, c.again = 0, time.Time{}
		}
		c.leader, c.leaderEpoch = p.Leader, p.LeaderEpoch
		f.start(c.leader)
	}
	for n := range f.parts {
		again = again || !found[n]
	}
	return again
}

// start makes sure that somebody asks a broker, and wakes who does. The lock is held.
func (f *rawFetch) start(broker int32) {
	if f.brokers[broker] == nil && !f.closed {
		w := &worker{id: broker, wake: make(chan struct{}, 1)}
		f.brokers[broker] = w
		f.wg.Add(1)
		go f.serve(w)
	}
	f.wake(broker)
}

// check asks new leaders where the log of the old ones ended: one that was not in
// sync may have lost what was read. It tells whether to ask again.
func (f *rawFetch) check() (again bool) {
	var req kadm.OffsetForLeaderEpochRequest
	var asked []*cursor
	f.mu.Lock()
	for n, c := range f.parts {
		if c.doubt {
			req.Add(f.cl.cfg.Topic, n, c.epoch)
			asked = append(asked, c)
		}
	}
	f.mu.Unlock()
	if len(asked) == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(f.ctx, f.cl.cfg.RequestTimeout)
	defer cancel()
	got, failed := f.cl.adm.OffsetForLeaderEpoch(ctx, req)
	if f.ctx.Err() != nil {
		return false
	}
	for _, c := range asked {
		err := failed
		o, ok := got[f.cl.cfg.Topic][c.partition]
		if ok {
			err = o.Err
		} else if err == nil {
			err = errPasses
		}
		switch passes := errors.Is(err, errPasses) || kerr.IsRetriable(err) || ctx.Err() != nil; {
		case err == nil:
			err = f.confirm(c, o.EndOffset)
		case !passes:
			err = nil // a broker that cannot tell
		default:
			err = errPasses
		}
		f.mu.Lock()
		switch {
		case errors.Is(err, errPasses):
			again = true
		case err != nil && !c.done:
			f.fail(err)
		default:
			c.doubt = false
			f.wake(c.broker())
		}
		f.mu.Unlock()
	}
	return again
}

// confirm compares a position with the end that the log has up to the epoch in which
// what is before the position was written.
func (f *rawFetch) confirm(c *cursor, end int64) error {
	cfg := f.cl.cfg
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case end < 0 && c.to == endless: // the leader knows nothing of that epoch
		f.mu.Unlock()
		defer f.mu.Lock()
		return f.reset(c)
	case end < 0 || end >= c.at:
		return nil
	case c.to != endless && end < c.to:
		return f.short(c, end)
	case cfg.resetName() == "none":
		return cfg.fetchError(c.partition, kerr.OffsetOutOfRange)
	}
	f.cl.warn("a new leader has lost records that were read: reading goes on at the end of its log", "topic", cfg.Topic, "partition", c.partition, "position", c.at, "offset", end)
	c.jump(end)
	return nil
}
