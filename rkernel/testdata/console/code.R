What code can look like, and what of it is visible.

#--- width
options(width = 80)
#--- loops print nothing
for (i in 1:3) i
#--- loop with output
for (i in 1:3) { print(i); cat("c", i, "\n") }
#--- if else
x <- 5
if (x > 100) "big" else "small"
if (FALSE) 1
#--- semicolons and comments
1;  # one
2 ; 3   # two
# three
4
#--- only a comment
# nothing at all
#--- empty
#--- blanks

   
#--- pipe and lambda
c(4, 9) |> sqrt()
(\(x) x + 1)(2)
sapply(1:3, \(i) i^2)
#--- raw string
r"(C:\path "q")"
r"---[a
b]---"
#--- long string
"line one
line two"
#--- unicode
"Grüße, 世界 🎉"
x <- "é"; nchar(x)
"\u00e9\t\\"
#--- unicode names
größe <- 3
größe
`non syntactic` <- 4
`non syntactic`
#--- invalid bytes
"\xff"
x <- "a\xffb"; x
cat("a\xffb\n")
#! bytes that are not UTF-8 are escaped as R prints them; plain R writes them raw
#--- latin1
x <- "fa\xE7ile"; Encoding(x) <- "latin1"; x
#--- semicolon at the end
5;
#--- operator as code
`+`
#--- if on two lines at top level
{
  if (TRUE)
    1
  else
    2
}
#--- cat and print
cat("a", "b\n", sep = "-"); cat("no newline"); cat("\n")
print("x"); print(1:3)
writeLines(c("l1", "l2"))
message("to stderr")
cat("err\n", file = stderr())
#--- invisible from function
f <- function() invisible(9)
f()
(f())
x <- f()
#--- assign functions
assign("q1", 3)
q1
(q2 <- 4)
#--- target of assignment
f() <- 3
#--- integer literal warning
1.5L
100000000000L
0x1.1p2L
#--- numbers
0xFF
1e-300
1e5
100000
123456789.123
.1 + .2
1/3
-0.0
5 %/% 2; 5 %% 2
1e-20
c(1e10, 1)
#--- long input line
x <- "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"; nchar(x)
#--- repeat and break
i <- 0; repeat { i <- i + 1; if (i > 3) break }; i
#--- switch fallthrough invisible
switch("z", a = 1)
f <- function() switch("b", a = 1, b = 2); f()
#--- nested functions and visibility
f <- function() { x <- 5 }
f()
y <- f(); y
(x <- 2)
#--- if invisible
if (TRUE) invisible(3)
#--- NULL from for
for (i in 1) 5
x <- for (i in 1) 5; x
#--- invisible assignment ops
x <- 1:3; x[2] <- 9L; names(x) <- c("a", "b", "c"); x
#--- complex calls
Reduce(`+`, 1:4, accumulate = TRUE)
Map(function(a, b) a + b, 1:2, 3:4)
#--- tabs and characters of several bytes
	x <- 1;	"éü";	y <- 2; 	y	# ö
"日本語"; `ü` <- 3;	`ü` + 1
'🎉🎉'	; x
#--- form feed and vertical space
1 ; 2


3
#--- operators at line ends
1 +
  2 *
  3
c(1,
  # a comment inside
  2)
#--- function call over lines with else
f <- function(x) {
  if (x) "yes"
  else "no"
}
f(FALSE)
#--- right assignment and walrus-like
5 -> aa; aa
b <<- 6; b
#--- strings that look like code
"x <- 1; stop('no')"
'# not a comment'
"a;b"; 'c
d;e'
#--- backslashes and quotes
'it\'s'; "say \"hi\""
cat("tab\there\n")
#--- numbers with suffix
1e3L; 0x10L; 1i^2
#--- comparison chains and not
!TRUE; -1:3; 2^-1
#--- ctype C: strings
#! the readline library sets the C library's locale back to UTF-8, of which R knows nothing
Sys.setlocale("LC_CTYPE", "C")
x <- "abc"; x
"\u00e9"
print("\u4e16"); cat("\u4e16\n"); message("\u4e16")
#--- ctype C: error
#! the readline library sets the C library's locale back to UTF-8, of which R knows nothing
stop("\u4e16")
#--- ctype C: warning
#! the readline library sets the C library's locale back to UTF-8, of which R knows nothing
warning("\u00e9")
#--- ctype C: string of the code
"é"
#--- ctype C: name
#! the readline library sets the C library's locale back to UTF-8, of which R knows nothing
größe <- 3
#--- ctype C: prompt
readline("a? ")
#< plain
#--- ctype C: answer
readline("a? ")
#< é
#--- ctype C: syntax error
x y
#--- ctype C: bytes
x <- "Übergröße"; nchar(x); grepl("ß", x); x
cat(x, "\n"); paste0(x, "!"); x == "Übergröße"
toupper(x); writeLines(x); rev(strsplit("aéb", "")[[1]]) # é
#--- ctype C: function
f <- function(x = "é") { # größer
  "é" ; x }
f
f() ; f("日本"); invisible("日") ; "本"
#--- ctype C: data
data.frame(a = "é", b = factor("日"))
list("é" = 1)
#--- ctype C: name in quotes
`größe` <- 3
#--- ctype C: syntax error behind strings
#! the readline library sets the C library's locale back to UTF-8, of which R knows nothing
"é" + "日" )
#--- ctype UTF-8
Sys.setlocale("LC_CTYPE", "C.UTF-8")
x; f; f(); nchar(x)
"é"
#--- LC_ALL C
Sys.setlocale("LC_ALL", "C"); "\u00e9"; Sys.setlocale("LC_ALL", "C.UTF-8")
#--- repeat break
repeat break
#--- while next
i <- 0; while (i < 3) { i <- i + 1; if (i == 2) next; print(i) }
#--- if else chain
if (FALSE) 1 else if (FALSE) 2 else 3
#--- if NULL
x <- if (FALSE) 1; x
#--- assignment value visible
(x <- 1); x <- y <- 2; x = y = 3; x
#--- for over list
for (n in list(1, "a", NULL)) print(n)
#--- nested fn visible
f <- function() { invisible(1); 2 }; f()
f <- function() { 2; invisible(1) }; f()
f <- function(x) invisible(x); y <- f(2); f(3)
if (TRUE) f(3)
{ f(3) }
(f(3))
f(3) + 0
f <- function() return(invisible(7)); f()
f <- function() assign("zz", 3); f()
f <- function() x <<- 4; f()
local(invisible(3))
eval(quote(invisible(3)))
withVisible(invisible(3))$visible
identity(invisible(3))
suppressWarnings(invisible(3))
try(invisible(3))
tryCatch(invisible(3))
do.call("invisible", list(3))
sapply(1:2, function(i) invisible(i))
switch("a", a = invisible(3))
Recall
#--- library visible
library(stats)
(library(stats))[1:2]
require(stats)
#--- rm visible
x <- 1; rm(x)
set.seed(1)
Sys.setenv(A_B = "c"); Sys.getenv("A_B")
Sys.sleep(0)
invisible(Sys.time())
#--- options visible
options(digits = 7)
options("digits")
getOption("nope")
#--- names assignment
x <- 1:2; names(x) <- c("a", "b"); x; attributes(x) <- NULL; x; dim(x) <- c(1, 2); x; levels(x) <- "l"; x
x[["z"]] <- 3; x
l <- list(); l$a <- 1; l$b$c <- 2; l
e <- new.env(); e$x <- 1; assign("y", 2, e); sort(ls(e)); mget(c("x", "y"), envir = e)
#--- complex assign
f <- function(x) x; `f<-` <- function(x, value) { cat("assigning\n"); x + value }; a <- 1; f(a) <- 10; a
`second<-` <- function(x, value) { x[2] <- value; x }; second(a) <- 5; a
"b" <- 4; b
assign("my var", 3); `my var`
x <- c(a = 1); x["b"] <- 2; x
1 -> z; z; 2 ->> z; z
#--- operators
`%+%` <- function(a, b) paste0(a, b); "a" %+% "b"
5 %in% 1:10; 5 %/% 2; -5 %/% 2; -5 %% 3; 5L / 2L; 2 ** 3; 1:3 %o% 1:2
!c(TRUE, FALSE); xor(TRUE, FALSE); isTRUE(c(a = TRUE));
#--- operators fixed
any(); all(); sum(); prod(); max(-Inf); range(1:3)
TRUE && NA; NA || TRUE; is.na(NaN); NA_integer_ + 1L; NULL == 1; identical(NULL, list())
1e-5; 0.00001234; 1e5; 1e-4; 123456.123456; 1e5 + 0.1; 100000; 1e+05L; 0x1F; 1e308 * 10; -1/0; 5 %/% 0; 5L %/% 0L; 0L %% 0L
c(0.1, 1e10); c(1e-20, 1); c(1.10, 2.25); 1.0; 3.00; 22/7; exp(1)^20; factorial(20); 2^53; 2^31; 1/7; 1e15 + 0.5
#--- sequences
seq(1, 10, 2); seq_len(0); 10:1; rev(seq(0, 1, 0.25)); seq(5); seq(2, 8, length.out = 3); rep(c("a", "b"), times = c(2, 1)); numeric(0); sum(numeric(0)); mean(numeric(0))
#--- long vectors wrap
x <- setNames(1:26, letters); x
setNames(c(1.5, 22.75, 333), c("short", "a rather long name", "m"))
paste("word", 1:30)
(1:100)^2
c(TRUE, FALSE)[rep(1:2, 30)]
as.raw(0:40)
complex(real = 1:8, imaginary = 8:1)
month.name
state.name[1:12]
#--- big list
setNames(as.list(1:3), c("a", "", NA))
list(1:3, letters[1:3], list(x = 1, y = list(z = NULL)))
#--- NULL in list
list(NULL, a = NULL); c(list(), NULL); list(list(), list(NULL))
#--- invisible S4
setClass("V", representation(x = "numeric")); v <- new("V", x = 1); invisible(v)
v2 <- initialize(v, x = 5); v2@x; isVirtualClass("V"); is(v, "V"); slotNames("V"); v@x <- 3; v
identical(v, v2); str(v)
#--- str
str(1:5); str("a"); str(list(1, list(2, "x"))); str(mtcars[1:2]); str(function(x, y) x); str(NULL); str(globalenv()); str(Sys.Date() > 0); str(factor(c("a", "b"))); str(quote(a + b)); str(y ~ x)
#--- summary
summary(mtcars[1:3]); summary(c(TRUE, NA)); summary(letters); summary(factor(c("a", "b", "a"))); summary(list(1, 2)); summary(lm(mpg ~ wt, mtcars))$r.squared; quantile(1:10); summary(as.Date("2024-01-01"))
anova(lm(mpg ~ wt, mtcars)); t.test(extra ~ group, data = sleep); table(mtcars$cyl > 4, mtcars$gear); xtabs(~ cyl + gear, mtcars); aggregate(mpg ~ cyl, mtcars, mean); tapply(mtcars$mpg, mtcars$cyl, mean); by(mtcars$mpg, mtcars$cyl, summary); cor(mtcars[1:3]); head(letters, 3); tail(1:10, 3); outer(1:3, 1:3); apply(matrix(1:4, 2), 1, sum); mapply(rep, 1:3, 3:1); Reduce(`+`, 1:5); Filter(function(x) x > 2, 1:4); do.call(rbind, list(1:2, 3:4)); merge(data.frame(a = 1:2), data.frame(a = 2:3)); split(1:6, c(1, 2)); unsplit(split(1:4, c(1, 2)), c(1, 2)); stack(list(a = 1, b = 2:3)); expand.grid(1:2, c("a", "b")); cut(1:5, 2); strsplit("a,b", ","); regmatches("x1y2", gregexpr("[0-9]", "x1y2")); sprintf("%05.2f|%s|%d", pi, "s", 3L); format(1234567.891, big.mark = ","); nchar(c("a", NA, "abc")); rapply(list(1, "a"), toupper, classes = "character", how = "replace"); array(1:8, c(2, 2, 2)); crossprod(1:3); solve(matrix(c(2, 0, 0, 2), 2)); det(diag(2)); svd(diag(2))$d; poly(1:3, 2); fivenum(1:10); rle(c(1, 1, 2)); inverse.rle(rle(c("a", "a"))); embed(1:4, 2); diff(c(1, 4, 9)); cumsum(1:4); rowsum(c(1, 2, 3), c("a", "b", "a")); prettyNum(123456, big.mark = ","); toupper(letters[1:3]); chol(diag(2)); bitwXor(5L, 1L)
