package arrowexec

// Ticks cuts the run's clock to intervals [k·every, (k+1)·every) since the epoch,
// for EMIT CHANGES EVERY: what an interval has changed is given once the clock
// has left it.
type Ticks struct {
	every int64 // ms
	clock *Clock
	now   int64 // number of the interval, begun once a row has come
	begun bool
}

// NewTicks makes ticks of a length in ms; without a clock they go by Batch.Now.
func NewTicks(every int64, c *Clock) Ticks { return Ticks{every: every, clock: c} }

// At is the clock at the row of b with a sequence number.
func (t *Ticks) At(b *Batch, ord int64) int64 {
	if t.clock == nil {
		return b.Now
	}
	return t.clock.At(ord)
}

// Now is the clock after b.
func (t *Ticks) Now(b *Batch) int64 {
	if t.clock == nil {
		return b.Now
	}
	return t.clock.Now()
}

func (t *Ticks) interval(now int64) int64 {
	k := now / t.every
	if now%t.every < 0 {
		k--
	}
	return k
}

// Due tells that the clock has left the interval; the first time it only begins
// one.
func (t *Ticks) Due(now int64) bool {
	if now == NoWatermark {
		return false
	}
	return !t.begun || t.interval(now) > t.now
}

// Cause is the sequence number of the row that has made the clock leave the
// interval.
func (t *Ticks) Cause(b *Batch) int64 {
	if t.clock == nil || !t.begun {
		return b.Seq
	}
	return t.clock.First((t.now + 1) * t.every)
}

// Pass moves on to the interval of now.
func (t *Ticks) Pass(now int64) { t.now, t.begun = t.interval(now), true }

// State is the number of the interval, for a snapshot; 0 and false before the
// first.
func (t *Ticks) State() (interval int64, begun bool) { return t.now, t.begun }

// Restore goes on from a State.
func (t *Ticks) Restore(interval int64, begun bool) { t.now, t.begun = interval, begun }
