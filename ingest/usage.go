package ingest

import "errors"

// ErrUsage is the class of errors that a user mends by asking for something
// else: a file that is not there, a glob without matches, an encoding that velo
// does not read, a wrong key. They are found before any record is read, and
// commands end with their code for wrong usage. Test with [errors.Is].
var ErrUsage = errors.New("wrong usage")

// Usage marks an error as wrong usage without changing its text.
func Usage(err error) error {
	if err == nil || errors.Is(err, ErrUsage) {
		return err
	}
	return usageError{err}
}

type usageError struct{ error }

func (e usageError) Unwrap() error        { return e.error }
func (e usageError) Is(target error) bool { return target == ErrUsage }
