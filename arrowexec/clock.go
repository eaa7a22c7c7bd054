package arrowexec

import "slices"

// Clock is the run's clock at each input row, for operators that emit per
// interval of it. Over records that end it is the greatest record timestamp up to
// and including the row, so that batches never show; else it is one time for all
// rows of a batch. The loop sets it before it pushes a batch; operators read it by
// the sequence number of the row that caused what they look at.
type Clock struct {
	records     bool    // it is that of the records
	base        int64   // sequence number of times[0]
	times       []int64 // ascending; nil: now for all rows
	before, now int64
}

// NewClock makes a clock that stands before all records; records tells that it
// moves with their timestamps.
func NewClock(records bool) *Clock {
	return &Clock{records: records, before: NoWatermark, now: NoWatermark}
}

// At is the clock when the row of a sequence number was read; for rows of
// earlier batches, which an operator has held, it is the clock before the batch.
func (c *Clock) At(ord int64) int64 {
	switch i := ord - c.base; {
	case c.times == nil:
		return c.now
	case i < 0:
		return c.before
	case i < int64(len(c.times)):
		return c.times[i]
	}
	return c.now
}

// Now is the clock after the batch.
func (c *Clock) Now() int64 { return c.now }

// First is the sequence number of the first row of the batch at which the clock
// was at least t; behind the last row when it was not.
func (c *Clock) First(t int64) int64 {
	if c.times == nil {
		return c.base
	}
	i, _ := slices.BinarySearch(c.times, t)
	return c.base + int64(i)
}

// Set gives the clock the times of the rows that are pushed next, the first of
// which has the sequence number seq; they are made ascending. With nil times
// the clock is at now for all.
func (c *Clock) Set(seq, now int64, times []int64) {
	c.before, c.base, c.now, c.times = c.now, seq, now, nil
	if times == nil {
		return
	}
	c.times = times
	greatest := c.before
	for i, t := range times {
		greatest = max(greatest, t)
		times[i] = greatest
	}
	c.now = greatest
}
