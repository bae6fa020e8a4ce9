Programs that end R, each in an R of its own; see quit_test.go.

#--- quit
quit()
#--- q with a status
q("no", 7)
#--- the rest does not run
cat("before\n"); quit(status = 3); cat("never\n")
4
#--- on a line of its own
1
q("no")
2
#--- .Last
.Last <- function() cat("last words\n")
q("no")
#--- .Last is not run
.Last <- function() cat("last words\n")
q("no", runLast = FALSE)
#--- .Last fails
.Last <- function() stop("in .Last")
q("no", 2)
5
q("no", 3, runLast = FALSE)
#! R's console goes on with the next line; a cell ends with the error
#--- .Last asks
.Last <- function() cat("said", readline("last? "), "\n")
q("no")
#< something
#--- .Last warns
.Last <- function() { warning("in .Last"); message("a message") }
q("no")
#--- .Last.sys
.Last.sys <- function() cat("system last\n")
.Last <- function() cat("user last\n")
q("no")
6
q("no", runLast = FALSE)
#!4.6 R does not find it and cannot end; its console goes on with the next line
#--- in a function
f <- function() { on.exit(cat("on.exit\n")); q("no", 5); cat("never\n") }
f()
#--- in tryCatch
tryCatch({ cat("in\n"); q("no", 6) }, error = function(e) cat("error\n"), finally = cat("finally\n"))
#--- in try
try(quit("no", 4))
#--- in a loop
for (i in 1:3) { cat(i, "\n"); if (i == 2) q("no") }
#--- in a print method
print.quitter <- function(x, ...) { cat("quitting\n"); q("no", 8) }
structure(1, class = "quitter")
#--- in a task callback
addTaskCallback(function(...) { cat("callback\n"); q("no", 9) })
#--- in the error option
options(error = quote(q("no", 1)))
stop("fatal")
#--- in a warning handler
withCallingHandlers(warning("w"), warning = function(w) q("no", 2))
#--- in a browser
f <- function() { browser(); cat("never\n") }
f()
#< q("no", 11)
#< c
q("no", 12)
#--- answered no
q("ask")
#< n
#--- answered cancel, then no
quit("ask")
#< c
#! R jumps to its prompt, which ends the cell; R's console goes on with the next line
"still here"
quit("ask", 2)
#< n
#--- answered with nonsense
q("ask")
#< maybe
#< n
#--- default
q("default")
#--- bad arguments
try(q("sometimes"))
try(quit(1, 2, 3))
q("no", 12)
#--- bad status
q("no", status = NA)
#--- finalizers
reg.finalizer(globalenv(), function(e) cat("finalizer\n"), onexit = TRUE)
e <- new.env(); invisible(reg.finalizer(e, function(e) cat("not at exit\n")))
q("no")
#--- an error in a finalizer
invisible(reg.finalizer(globalenv(), function(e) stop("in a finalizer"), onexit = TRUE))
q("no")
#--- warnings wait
warning("deferred"); q("no")
#--- output without newline
cat("partial"); q("no")
#--- sunk output
sink(tempfile()); cat("hidden\n"); q("no")
#--- open connections
con <- file(tempfile(), "w"); cat("x\n", file = con); q("no")
#--- a child writes last
system("sleep 0.1; echo child"); q("no")
#--- quit called as base::quit
base::quit(save = "no", status = 10)
#--- stop in .Last.sys
.Last.sys <- function() stop("in .Last.sys")
q("no")
3
q("no", runLast = FALSE)
#! R's console goes on with the next line; a cell ends with the error
