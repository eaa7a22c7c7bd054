package ingest

import "context"

// Part is one partition of a topic as SHOW lists it. First and Next are offsets,
// Next that of the record that would come next; −1 when they are not known.
// Records is how many there are, at most: fewer after compaction; −1 unknown.
type Part struct {
	Topic                string
	Partition            int32
	First, Next, Records int64
}

// Lister is a connector that can list the partitions of what it reads.
type Lister interface {
	Parts(ctx context.Context) ([]Part, error)
}
