package protobuf

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/ingest"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Format is the format "protobuf".
func Format() ingest.Format {
	return ingest.Format{
		Name:        "protobuf",
		Keys:        []ingest.Key{{Name: KeyMessage, Default: "the only one that no other message uses", Doc: "the message of the schema that records are"}},
		ReadSchema:  readSchema,
		SchemaFiles: []string{".proto", ".desc", ".pb", ".binpb", ".protoset"},
		NewDecoder: func(p ingest.Props, declared *arrow.Schema, want []arrow.Field) (ingest.Decoder, error) {
			m, err := messageOf(p)
			if err != nil {
				return nil, err
			}
			return newDecoder(m, declared, want)
		},
		NewEncoder: func(p ingest.Props, out ingest.Output) (ingest.Encoder, error) {
			m, err := messageOf(p)
			if err != nil {
				return nil, err
			}
			return newEncoder(m, out.Payload())
		},
	}
}

// messageOf reads the key schema.
func messageOf(p ingest.Props) (protoreflect.MessageDescriptor, error) {
	text, ok := p.Get("schema")
	if !ok {
		return nil, ingest.Usage(errors.New("format protobuf needs the schema of its messages: add the key schema, or schema.file with a .proto file or a descriptor set"))
	}
	m, err := readMessage(p, text)
	if err != nil {
		return nil, ingest.Usage(fmt.Errorf("key \"schema\": %w", err))
	}
	return m, nil
}
