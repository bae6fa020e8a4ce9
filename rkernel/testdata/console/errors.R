Errors of every kind, and functions of base R that a user masks.

#--- width
options(width = 80)
#--- recursion
f <- function(n) f(n + 1)
f(1)
#--- after the recursion
1 + 1
#--- recursion until the C stack is full
options(expressions = 500000)
f <- function(n) f(n + 1)
f(1)
#--- after the C stack was full
options(expressions = 5000)
deparse(get(".Traceback", baseenv())[[1]])
2
#--- recursion over a nested list
f <- function(x) lapply(x, f)
x <- list(1); for (i in 1:2000) x <- list(x)
g <- function(x) if (is.list(x)) g(x[[1]]) else x
g(x)
#--- deep list print
x <- list(1); for (i in 1:20) x <- list(x)
x
#--- deep expression
e <- quote(1); for (i in 1:6000) e <- call("(", e); eval(e)
#--- after the deep expression
"fine"
#--- promise recursion
f <- function(x = x) x; f()
#--- print recursion
print.rec <- function(x, ...) print(x)
structure(1, class = "rec")
#--- after print recursion
3
#--- recursion of tryCatch
f <- function() tryCatch(f(), error = function(e) stop(e))
f()
#--- after the recursion of tryCatch
4
#--- failed allocation of a vector
numeric(1e11)
#--- failed allocation of a matrix
matrix(0, 1e6, 1e6)
#--- failed allocation by rep
rep("a", 2^40)
#--- failed allocation of a sum
1:1e15 + 1
#--- vector too long
vector("list", 2^53)
#--- index beyond memory
x <- 1; x[[2^52]] <- 1
#--- regex error
regexpr("(", "a")
#--- perl regex
regexpr("(", "a", perl = TRUE)
#--- file error
file("/nonexistent/dir/f", "r")
#--- readLines missing
readLines("/nonexistent/file")
#--- url bad
url("foo://bar", "r")
#--- setwd
setwd("/nonexistent")
#--- source missing
source("/nonexistent.R")
#--- library version
library(stats, pos = "x")
#--- requireNamespace
requireNamespace("notthere", quietly = TRUE)
loadNamespace("notthere")
#--- :: missing
notthere::f
#--- stats:: missing
stats::nosuchfunction
#--- ::: base
base:::mean
#--- getFromNamespace
getFromNamespace("x", "stats")
#--- subscript errors
x <- 1:3; x[[5]]
#--- list errors
list(a = 1)$b
list(a = 1)[["b"]][["c"]]
#--- NULL index
NULL[[1]]
#--- closure subset
mean[1]
#--- env subset
globalenv()[[1]]
#--- $ atomic
x <- 1; x$a
#--- arg errors
mean()
#--- unused arg
f <- function(a) a; f(1, 2)
#--- named unused
f(b = 2)
#--- matched multiple
f <- function(abc, abd) 1; f(ab = 1)
#--- non-function
x <- 1; x(2)
#--- string call
"foo"(1)
#--- cond length
if (c(TRUE, FALSE)) 1
#--- cond NA
if (NA) 1
#--- cond zero
if (logical(0)) 1
#--- while cond
while ("a") 1
#--- && length
c(TRUE, TRUE) && TRUE
#--- op types
1 + "a"
#--- unary
-"a"
#--- matrix mult
matrix(1:4, 2) %*% matrix(1:3, 1)
#--- matrix dims
matrix(1:6, 2) + matrix(1:6, 3)
#--- recycling warning
1:3 + 1:2
#--- integer overflow
.Machine$integer.max + 1L
#--- sqrt warn
sqrt(-1); log(-1); 0/0; 1/0
#--- as.numeric
as.numeric(c("1", "b"))
#--- factor op
factor("a") + 1
#--- data.frame err
data.frame(a = 1:2, b = 1:3)
#--- $<- warn
x <- 1:2; x$a <- 3
#--- match.arg
match.arg("x", c("a", "b"))
#--- do.call nm
do.call("nofun", list())
#--- Recall err
Recall()
#--- switch err
switch(c(1, 2), 3)
#--- vapply
vapply(1:2, function(i) 1:2, numeric(1))
#--- S4 err
new("noclass")
#--- S4 slot type
setClass("Z", representation(a = "numeric")); new("Z", a = "x")
#--- S4 bad slot
new("Z", b = 1)
#--- validObject
setMethod("length", "Z", function(x) stop("len fails")); length(new("Z"))
#--- UseMethod err
g <- function(x) UseMethod("g"); g(structure(1, class = c("aa", "bb")))
#--- NextMethod
g.aa <- function(x) NextMethod(); g(structure(1, class = "aa"))
#--- R6-like env
e <- new.env(); class(e) <- "klass"; print.klass <- function(x, ...) cat("<klass>\n"); e
#--- format method only
format.ff <- function(x, ...) "formatted"; print.ff <- function(x, ...) cat(format(x), "\n"); structure(1, class = "ff")
#--- toString method
structure(list(a = 1), class = "unk")
#--- locked
lockBinding("x", globalenv()); x <- 2
#--- unlock
unlockBinding("x", globalenv()); x <- 2; x
#--- T assign
T <- 0; T; rm(T); T
#--- c masked
c <- 3; c(1, c); rm(c)
#--- print masked
print <- function(...) cat("my print\n"); 5; print(5); rm(print)
#--- print S3 masked data.frame
print.data.frame <- function(x, ...) cat("my df\n"); data.frame(a = 1); rm(print.data.frame)
#--- cat masked
cat <- function(...) stop("masked cat"); "ok"; rm(cat)
#--- stop masked
stop <- function(...) "no stop"; stop("x"); rm(stop)
#--- q masked
q <- function(...) "masked q"; q(); rm(q)
#--- invisible masked
invisible <- function(x) x; invisible(3); rm(invisible); invisible(3)
#--- paren masked
`(` <- function(x) "paren"; (3); rm(`(`); (3)
#--- brace masked
`{` <- function(...) "brace"; {3}; rm(`{`); {3}
#--- assign masked
`<-` <- function(a, b) "assign"; zz <- 3; rm(`<-`); zz <- 3; zz
#--- if masked
`if` <- function(...) "if"; if (TRUE) 1; rm(`if`); if (TRUE) 1
#--- function masked fn
`function` <- 3; function(x) x; rm(`function`)
#--- sys.call masked
sys.calls <- function() "x"; sys.calls(); rm(sys.calls)
#--- base override
environment(mean); body(function(x) x + 1); formals(function(a, b = 2) 1)
#--- cat of what is not there
cat(nosuch)
#--- cat to stderr of what is not there
cat("a", nosuch, file = stderr())
#--- cat with an error in an argument
cat("a", log("a"), file = stderr())
#--- cat to a file that is not there
cat("a", file = nosuch)
#--- writeLines of what is not there
f <- function() writeLines(nosuch); f()
#--- writeLines to what is no connection
writeLines("a", 7)
#--- writeLines to a file that does not open
con <- file("/nosuch/file"); writeLines("a", con)
#--- errors quoted by cat
close(con); try(stop("quoted")); cat("then\n"); cat(geterrmessage(), file = stderr()); cat("then\n"); message(geterrmessage())
#--- quoted and raised
cat(geterrmessage(), file = stderr()); stop("quoted")
