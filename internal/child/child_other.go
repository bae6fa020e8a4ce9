//go:build unix && !linux && !darwin

package child

import "errors"

func waitExited(int) error { return errors.ErrUnsupported }
