module github.com/adrastea-kernel/adrastea

go 1.26
