//go:build race

package e2e

// raceDetector says that the tests run with the race detector, and the binary
// under test shall too.
const raceDetector = true
