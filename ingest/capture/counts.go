package capture

import (
	"bytes"
	"slices"
	"strings"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/jsonscan"
)

// Detect tells whether a file whose first bytes are head is a capture: whether
// its first line that is JSON is an object with "topic", "partition" and
// "offset" of the right types. A line cut off by the end of head counts if it
// has them.
func Detect(head []byte) bool {
	keys := jsonscan.NewKeys(resolve)
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	for len(head) > 0 {
		line, rest, whole := bytes.Cut(head, []byte{'\n'})
		head = rest
		i := jsonscan.Blank(line, 0)
		if i == len(line) {
			continue
		}
		if f, ok := find(keys, line, needed); ok {
			return f.partition >= 0
		}
		if end := jsonscan.Skip(line, i, 0); !whole || end >= 0 && jsonscan.Blank(line, end) == len(line) {
			return false
		}
	}
	return false
}

// Counts is the number of records of each partition of a capture, counted by a
// light pass over the file that reads no more than topic and partition.
type Counts struct {
	// Topic restricts the count; "" counts all topics.
	Topic string
	// Partitions are those found, by topic, then partition, with their records.
	Partitions []arrowexec.PartitionInfo

	keys *jsonscan.Keys
	last int
	cut  bool
	// prefix is the text of a line up to the number of its partition, its topic
	// included, and places where among Partitions those of this topic stand, plus one.
	prefix []byte
	places [100]int32
}

// Add counts the lines at the start of buf as [Scanner.Scan] would read them,
// bad ones with a known partition included, and tells how many bytes it used.
func (c *Counts) Add(buf []byte, final bool) (used int) {
	if c.keys == nil {
		c.keys = jsonscan.NewKeys(resolve)
	}
	for used < len(buf) {
		end := bytes.IndexByte(buf[used:], '\n')
		next := used + end + 1
		if end < 0 {
			if !final {
				if len(buf)-used <= MaxLine {
					return used
				}
				c.cut = true // Scan refuses the line without a look at its partition
				return len(buf)
			}
			end, next = len(buf)-used, len(buf)
		}
		line := buf[used : used+end]
		used = next
		if c.cut {
			c.cut = false
			continue
		}
		if c.alike(line) {
			continue
		}
		if e, ok := find(c.keys, line, 1<<keyTopic|1<<keyPartition); ok && (c.Topic == "" || c.Topic == string(e.topic)) {
			c.count(e.topic, e.partition)
			if e.topicFirst && uint(e.partition) < uint(len(c.places)) {
				if string(c.prefix) != string(line[:e.partitionAt]) {
					c.prefix = append(c.prefix[:0], line[:e.partitionAt]...)
					clear(c.places[:])
				}
				c.places[e.partition] = int32(c.last) + 1
			}
		}
	}
	return used
}

// alike counts a line that begins as one before: of a partition below 100 that is
// known already. What follows the number is not looked at, as find does not.
func (c *Counts) alike(line []byte) bool {
	n := len(c.prefix)
	if n == 0 || n+3 > len(line) || string(line[:n]) != string(c.prefix) {
		return false
	}
	p, next := int(line[n]-'0'), line[n+1]
	if p > 9 {
		return false
	}
	if d := int(next - '0'); d <= 9 && p > 0 {
		p, next = 10*p+d, line[n+2]
	}
	at := c.places[p]
	if next != ',' || at == 0 {
		return false
	}
	c.Partitions[at-1].Records++
	return true
}

// Record counts one record.
func (c *Counts) Record(topic string, partition int32) {
	if c.Topic == "" || c.Topic == topic {
		c.count([]byte(topic), partition)
	}
}

func (c *Counts) count(topic []byte, partition int32) {
	if c.last < len(c.Partitions) {
		if p := &c.Partitions[c.last]; p.Partition == partition && p.Topic == string(topic) {
			p.Records++
			return
		}
	}
	at, found := slices.BinarySearchFunc(c.Partitions, partition, func(p arrowexec.PartitionInfo, partition int32) int {
		if n := strings.Compare(p.Topic, vec.Text(topic)); n != 0 {
			return n
		}
		return int(p.Partition) - int(partition)
	})
	if !found {
		c.Partitions = slices.Insert(c.Partitions, at, arrowexec.PartitionInfo{Topic: string(topic), Partition: partition})
		clear(c.places[:]) // they have moved
	}
	c.Partitions[at].Records++
	c.last = at
}

// peek finds topic and partition of a line without reading more than it must.
// What follows them is not checked, so that a damaged record still belongs to
// its partition. The topic is borrowed until the next peek.
func peek(keys *jsonscan.Keys, line []byte) (topic []byte, partition int32, ok bool) {
	e, ok := find(keys, line, 1<<keyTopic|1<<keyPartition)
	return e.topic, e.partition, ok
}

// find reads a line until it has seen the given keys, each with a good value.
func find(keys *jsonscan.Keys, line []byte, need uint32) (e envelope, ok bool) {
	e.buf = line
	i := jsonscan.Blank(line, 0)
	if i == len(line) || line[i] != '{' {
		return e, false
	}
	prev := keys.Start
	for i = jsonscan.Blank(line, i+1); ; {
		k, at := keys.Next(line, i, prev)
		if at < 0 {
			return e, false
		}
		prev = k
		from := jsonscan.Blank(line, at)
		if at = jsonscan.Skip(line, from, 1); at < 0 {
			return e, false
		}
		if field := k.Field; field <= keyOffset {
			if e.set(field, line, from, at) != nil {
				return e, false
			}
			if field == keyPartition && e.partitionAt == 0 {
				e.partitionAt, e.topicFirst = from, e.has&(1<<keyTopic) != 0
			}
			if e.has&need == need {
				return e, true
			}
		}
		if at = jsonscan.Blank(line, at); at >= len(line) || line[at] != ',' {
			return e, false
		}
		i = jsonscan.Blank(line, at+1)
	}
}
