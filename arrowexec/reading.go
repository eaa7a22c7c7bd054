package arrowexec

import (
	"context"
	"errors"
	"sync"
)

// reading is one source that a feed has opened: the source of one piece. What
// has come from it is noted until it is acknowledged; a source that commits is
// therefore still open when it has ended.
type reading struct {
	src   Source
	mu    sync.Mutex // keeps Ack away from Next
	given int64      // batches that the source has returned
	acked int64
	ended bool
	acks  bool
}

// ackMark says that the run's sequence number seq stands behind the first batches
// of a source.
type ackMark struct {
	seq     int64
	rd      *reading
	batches int64
}

// opened notes a source; it may be called from any pipeline.
func (f *feed) opened(src Source) *reading {
	rd := &reading{src: src}
	_, rd.acks = src.(Acknowledger)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readings = append(f.readings, rd)
	f.acks = f.acks || rd.acks
	return rd
}

// finished closes a source that has ended, unless it has batches to acknowledge.
func (f *feed) finished(rd *reading) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	rd.ended = true
	if rd.acks && rd.acked < rd.given {
		return nil
	}
	return f.closeReading(rd)
}

// closeReading closes a source and keeps its counts; mu is held.
func (f *feed) closeReading(rd *reading) error {
	s := rd.src.Stats()
	f.past.Rows += s.Rows
	f.past.Bytes += s.Bytes
	f.past.Total += s.Total
	for i, x := range f.readings {
		if x == rd {
			f.readings = append(f.readings[:i], f.readings[i+1:]...)
			break
		}
	}
	return rd.src.Close()
}

// stats sums what all sources of the input have read.
func (f *feed) stats() SourceStats {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.past
	for _, rd := range f.readings {
		t := rd.src.Stats()
		s.Rows += t.Rows
		s.Bytes += t.Bytes
		s.Total += t.Total
	}
	return s
}

// acknowledges tells whether a source of the input commits positions.
func (f *feed) acknowledges() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.acks
}

// mark notes that the rows before seq are those of the first batches of a source.
func (f *feed) mark(seq int64, rd *reading, batches int64) {
	if !rd.acks {
		return
	}
	if n := len(f.marks); n > 0 && f.marks[n-1].rd == rd && f.marks[n-1].seq == seq {
		f.marks[n-1].batches = batches // without a row: an idle source adds nothing
		return
	}
	f.marks = append(f.marks, ackMark{seq, rd, batches})
}

// ack acknowledges all batches that ended at or before seq, source by source.
func (f *feed) ack(ctx context.Context, seq int64) error {
	var errs []error
	i := 0
	for ; i < len(f.marks) && f.marks[i].seq <= seq; i++ {
		m := f.marks[i]
		if next := i + 1; next < len(f.marks) && f.marks[next].rd == m.rd && f.marks[next].seq <= seq {
			continue
		}
		if m.batches == m.rd.acked {
			continue
		}
		m.rd.mu.Lock()
		err := m.rd.src.(Acknowledger).Ack(ctx, m.batches)
		given := m.rd.given
		m.rd.mu.Unlock()
		f.mu.Lock()
		m.rd.acked = m.batches
		if err == nil && m.rd.ended && m.batches == given {
			err = f.closeReading(m.rd)
		}
		f.mu.Unlock()
		errs = append(errs, err)
	}
	f.marks = append(f.marks[:0], f.marks[i:]...)
	return errors.Join(errs...)
}

// closeReadings closes what is still open.
func (f *feed) closeReadings() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for len(f.readings) > 0 {
		errs = append(errs, f.closeReading(f.readings[len(f.readings)-1]))
	}
	return errors.Join(errs...)
}
