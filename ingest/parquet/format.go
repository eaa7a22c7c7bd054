package parquet

import "github.com/velostream/velo/ingest"

// Format is the file format "parquet".
func Format() ingest.FileFormat {
	return ingest.FileFormat{
		Name:      "parquet",
		Open:      Open,
		NewWriter: newWriter,
		Keys: []ingest.Key{
			{Name: "compression.type", Default: "snappy", Doc: "how pages are packed: none snappy gzip zstd lz4"},
		},
	}
}
