package all

import (
	"slices"

	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/arrowipc"
	"github.com/velostream/velo/ingest/file"
	"github.com/velostream/velo/ingest/format/avro"
	"github.com/velostream/velo/ingest/format/csv"
	"github.com/velostream/velo/ingest/format/json"
	"github.com/velostream/velo/ingest/format/protobuf"
	"github.com/velostream/velo/ingest/format/raw"
	"github.com/velostream/velo/ingest/kafka"
	"github.com/velostream/velo/ingest/parquet"
	"github.com/velostream/velo/ingest/std"
)

// New makes a registry of everything.
func New() *ingest.Registry {
	return &ingest.Registry{
		Sources: []ingest.SourceType{
			file.SourceType(),
			file.MmapSourceType(),
			kafka.Source(),
			std.Generator(),
		},
		Sinks: []ingest.SinkType{
			file.SinkType(),
			kafka.Sink(),
			std.Stdout(),
			std.Blackhole(),
		},
		Formats: []ingest.Format{
			json.Format(),
			csv.Format(),
			csv.TSV(),
			raw.String(),
			raw.Format(),
			avro.Format(),
			protobuf.Format(),
		},
		Files: slices.Concat(
			arrowipc.Formats(),
			[]ingest.FileFormat{parquet.Format(), avro.FileFormat()},
		),
	}
}
