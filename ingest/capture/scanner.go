package capture

import "github.com/velostream/velo/arrowexec"

// Scanner reads lines of the envelope. It belongs to one goroutine and may be
// used for many batches of many files: it only remembers the order of keys and
// the names of topics.
type Scanner struct {
	want  Want
	topic string
}

// NewScanner makes a scanner that keeps what is wanted of the records of one
// topic; of all topics when topic is "".
func NewScanner(want Want, topic string) *Scanner {
	return &Scanner{want: want, topic: topic}
}

// Scan appends up to want records from the start of buf, which begins at the
// start of a line, to recs and tells how many bytes it used. Unless final is
// set, a last line without newline is left for the next call. Lines of other
// topics and blank lines are passed over. bad is called for each line that is
// no record; its error ends the scan and is returned.
func (s *Scanner) Scan(buf []byte, final bool, want int, recs *Records, bad func(Bad) error) (used int, err error) {
	return 0, nil
}

// Detect tells whether the first records of a file are a capture: objects with
// "topic", "partition" and "offset".
func Detect(head []byte) bool { return false }

// Counts is the number of records of each partition of a capture, counted by a
// light pass over the file that reads no more than topic and partition.
type Counts struct {
	// Topic restricts the count; "" counts all topics.
	Topic string
	// Partitions are those found, by topic, then partition, with their records.
	Partitions []arrowexec.PartitionInfo
}

// Add counts the lines at the start of buf as [Scanner.Scan] would read them
// and tells how many bytes it used.
func (c *Counts) Add(buf []byte, final bool) (used int) { return 0 }
