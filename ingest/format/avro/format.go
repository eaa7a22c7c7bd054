package avro

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/ingest"
)

// Format is the format "avro".
func Format() ingest.Format {
	return ingest.Format{
		Name:        "avro",
		ReadSchema:  readSchema,
		SchemaFiles: []string{".avsc"},
		NewDecoder: func(p ingest.Props, declared *arrow.Schema, want []arrow.Field) (ingest.Decoder, error) {
			n, err := schemaOf(p)
			if err != nil {
				return nil, err
			}
			if n == nil {
				return nil, ingest.Usage(errors.New("format avro needs the schema that the records were written with: add the key schema, or schema.file with an .avsc file"))
			}
			return newDecoder(n, declared, want)
		},
		NewEncoder: func(p ingest.Props, out ingest.Output) (ingest.Encoder, error) {
			n, err := schemaOf(p)
			if err != nil {
				return nil, err
			}
			return newEncoder(n, out.Payload())
		},
	}
}

// schemaOf reads the key schema; nil when it is not set.
func schemaOf(p ingest.Props) (*node, error) {
	text, ok := p.Get("schema")
	if !ok {
		return nil, nil
	}
	n, err := parseSchema(text)
	if err != nil {
		return nil, ingest.Usage(fmt.Errorf("key \"schema\": %w", err))
	}
	return n, nil
}
