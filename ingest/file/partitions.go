package file

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/capture"
	"github.com/velostream/velo/ingest/captureipc"
)

// captureChain is a chain that knows the partitions of its captures.
type captureChain struct{ *chain }

// Partitions implements [arrowexec.Partitions] by a light pass over the files;
// nil when one of them can be read only once.
func (ch captureChain) Partitions() []arrowexec.PartitionInfo {
	total := capture.Counts{Topic: ch.c.topic}
	if ch.c.max > 0 || ch.c.watch {
		return nil
	}
	for _, in := range ch.c.inputs {
		if in.stdin != nil || in.kind != "capture" && in.kind != "captureipc" {
			return nil
		}
		count := ch.count
		if in.kind == "captureipc" {
			count = ch.countIPC
		}
		if err := guard(func() error { return count(in, &total) }); err != nil {
			return nil // the scan will meet the same error, and report it
		}
	}
	return total.Partitions
}

func (ch captureChain) countIPC(in *input, total *capture.Counts) error {
	return ch.c.eachIPC(in, func(cols *captureipc.Columns, rows int) bool {
		for i := range rows {
			total.Record(cols.Topic(i), cols.Partition(i))
		}
		return true
	})
}

func (ch captureChain) count(in *input, total *capture.Counts) error {
	lr, err := newMappedReader(in, 0, -1, ch.c.skipLines)
	if err != nil {
		return err
	}
	defer lr.close()
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	lr.avg = 4096
	for {
		sc := pool.Open()
		buf, final := lr.fill(sc, 256)
		used := total.Add(buf, final)
		lr.keep(buf[used:], used)
		sc.Close()
		if lr.err != nil {
			return lr.err
		}
		if final {
			return nil
		}
	}
}
