package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFunctionsPage holds that docs/functions.md is what `make docs` writes.
func TestFunctionsPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "functions.md"))
	require.NoError(t, err)
	require.Equal(t, markdown(allFunctions()), string(page), "run make docs")
}
