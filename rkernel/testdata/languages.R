Programs that are run in several languages; see error_test.go.

#--- width
options(width = 80)
#--- error
stop("nein")
#--- error in a function
f <- function(x) stop("bad : ", x)
f(3)
#--- error of a primitive
log("a")
#--- error with warnings
f <- function() { warning("w1"); warning("w2"); stop("e1") }
f()
#--- error with quotes in its call
f("a : b")
#--- object not found
nothing_here
#--- syntax error
x y
#--- warnings of every number
f <- function() warning("w")
f()
as.integer("x")
for (i in 1:11) warning("w", i)
for (i in 1:60) warning("w", i)
#--- error in the error option
options(error = quote(stop("in handler")))
stop("first")
#--- recursion
options(error = NULL)
f <- function(n) f(n + 1); options(expressions = 100)
f(1)
#--- warning made an error
options(expressions = 5000, warn = 2)
as.integer("x")
#--- warnings at once
options(warn = 1)
as.integer("x")
f <- function() warning("inf"); f()
options(warn = 0)
#--- try
try(log(-1)); try(stop("t")); f <- function() stop("ff"); try(f())
#--- browser
f <- function() { browser(); "end" }
f()
#< stop("inside")
#< where
#< c
#--- debug
f <- function(x) { x + 1 }
debugonce(f); f(1)
#< n
#< n
#--- menu
menu(c("a", "b"))
#< 3
#< 2
#--- scan
scan(n = 2)
#< 1
#< 2
#--- restart abort
invokeRestart("abort")
#--- traceback
traceback()
#--- long message
stop(strrep("long ", 40))
#--- long call
g <- function(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) stop("short")
g(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa = "some long value here that is quite long really")
#--- error in a task callback
addTaskCallback(function(...) stop("cb"))
#--- error in a finalizer
e <- new.env(); reg.finalizer(e, function(x) stop("final error")); rm(e); invisible(gc())
#--- missing package
library(notthere)
#--- error with a class
stop(structure(class = c("custom", "error", "condition"), list(message = "mine", call = quote(g(x)))))
#--- error in a print method
print.bad <- function(x, ...) stop("in print"); structure(1, class = "bad")
#--- locations
options(show.error.locations = TRUE)
f <- function() stop("where")
f()
#--- no locations
options(show.error.locations = FALSE)
