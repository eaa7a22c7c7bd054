package file

import (
	"context"

	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/capture"
)

// Parts implements [ingest.Lister]: the partitions of captures, which are
// counted by a pass over the files. A file of another kind is one partition.
func (c *Connector) Parts(ctx context.Context) ([]ingest.Part, error) {
	if _, err := c.Schema(ctx); err != nil { // looks what the files are
		return nil, err
	}
	total := capture.Counts{Topic: c.topic}
	var out []ingest.Part
	for _, in := range c.inputs {
		if in.kind != "capture" || in.stdin != nil {
			out = append(out, ingest.Part{Topic: in.path, First: 0, Next: -1, Records: -1})
			continue
		}
		ch := &chain{c: c}
		if err := (captureChain{ch}).count(in, &total); err != nil {
			return nil, err
		}
	}
	for _, p := range total.Partitions {
		out = append(out, ingest.Part{Topic: p.Topic, Partition: p.Partition, First: -1, Next: -1, Records: p.Records})
	}
	return out, nil
}
