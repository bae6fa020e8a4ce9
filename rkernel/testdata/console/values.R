Values as R prints them by itself.

#--- width
options(width = 80)
#--- number
1
#--- several values
1; 2
"a"
TRUE
#--- assignment
x <- 5
y = 6
7 -> z
x + y + z
#--- NULL
NULL
#--- invisible
invisible(3)
#--- last value invisible
5
invisible(6)
#--- .Last.value
invisible(41) + 1
.Last.value
.Last.value + 1
#--- same value twice
v <- c(1.5, 2)
v
v
#--- function twice
f <- function(x) cat("in f\n")
f
f()
f
#--- primitive twice
c
c(print(1), 2)
#--- base types
c(a = 1L, b = NA)
1:30
c(1.5, NA, Inf, -Inf, NaN)
c(TRUE, NA)
c("a", NA, "quote\"d")
1i
as.raw(c(0, 255))
character(0)
integer(0)
list()
factor(c("u", "v", NA))
#--- nested list
list(1, a = "b", list(c = 2, list()), NULL, function(x) x)
#--- wide vector
seq(0.001, 1000, length.out = 47)
#--- matrix and array
matrix(1:6, 2, dimnames = list(NULL, c("a", "b", "c")))
array(1:8, c(2, 2, 2))
matrix(character(0), 0, 3)
#--- data frames of few rows
data.frame(x = 1:3, y = letters[1:3])
data.frame()
data.frame(x = integer(0))
head(mtcars, 2)
#--- dates
as.Date("2024-02-29")
as.POSIXct("2024-02-29 12:00:00", tz = "UTC")
as.difftime(3, units = "mins")
#--- formula and calls
y ~ x + z
quote(f(x, y = 2))
quote(x)
expression(a + b, c)
#--- environments
globalenv()
emptyenv()
baseenv()
#--- functions with source
function(x,   y) {   # a comment
  x +    y
}
#--- function printed from source
g <- function(a,
              b = 2)   {
  a   *  b # kept
}
g
#--- keep.source off
options(keep.source = FALSE)
h <- function(a)    a # lost
h
options(keep.source = TRUE)
#--- srcref of a later expression
1; k <- function(x) { x } # tail
k
attr(k, "srcref")
as.integer(attr(k, "srcref"))
#--- lines of the source file
m <- function() {
  1
}
getSrcLines <- attr(attr(m, "srcref"), "srcfile")$lines
getSrcLines
rm(getSrcLines)
#--- S3
print.thing <- function(x, ...) { cat("<thing ", unclass(x), ">\n", sep = ""); invisible(x) }
structure(7, class = "thing")
list(structure(8, class = "thing"))
format.other <- function(x, ...) "other!"
structure(list(1), class = "none")
#--- S4
setClass("P", representation(name = "character"))
new("P", name = "Ada")
setMethod("show", "P", function(object) cat("P:", object@name, "\n"))
new("P", name = "Ada")
#--- reference class
Acc <- setRefClass("Acc", fields = list(n = "numeric"), methods = list(add = function(x) { n <<- n + x; invisible(.self) }))
a <- Acc$new(n = 1)
a$add(2)
a$n
a
#--- print without newline
print.nn <- function(x, ...) cat("no newline")
structure(1, class = "nn")
#--- print empty string
""
cat("")
#--- dput
dput(list(a = 1:3, f = function(x) x))
#--- print quote
print(c(a = "x"), quote = FALSE)
noquote("nq")
#--- nested S4 and S3 in a list
list(new("P", name = "Bo"), structure(9, class = "thing"), 1:2)
#--- list of functions and calls
list(sum, quote(a + b), y ~ x)
#--- repeated output of one value
for (i in 1:2) print(data.frame(i = i))
#--- print of a long list
as.list(1:12)
#--- wide data frame
data.frame(matrix(1:40, 2))
#--- print digits
print(pi, digits = 3); format(1e6, big.mark = ",")
#--- all base types
TRUE; NA; NULL; 1L; 2.5; 3+2i; "s"; as.raw(1); NA_character_; NA_integer_; NaN
logical(0); double(0); complex(0); raw(0); NULL
list(); pairlist(); pairlist(a = 1, 2)
quote(a); quote(a + b); quote(if (x) y else z); quote(function(x, y = 2) x^y)
expression(); expression(a, b = 2)
as.name("strange name"); quote(`a b`(c))
#--- special objects
.Internal
`if`
`[`
sum
as.environment("package:base")
#--- dots
f <- function(...) environment()
e <- f(1, 2); get("...", e)
#--- external pointer and weakref
class(getNativeSymbolInfo("R_rowSums", "base"))
#--- bytecode
f <- compiler::cmpfun(function(x) x + 1)
#--- promise printing
g <- function(x) substitute(x); g(a + b)
#--- attributes
structure(1:3, foo = "bar")
structure(1:3, names = c("a", "b", "c"), foo = list(1, 2))
structure(list(a = 1), foo = "x")
structure(1:6, dim = 2:3, foo = 1)
structure(function(x) x, class = "fun")
structure(function(x) x, note = "n")
#--- named
c(a = 1.5, b = 2, `a long name` = NA)
c(first = TRUE, second = FALSE)
c(a = "x", b = NA)
list(a = 1, `b c` = 2, 3)
#--- complex
c(1+1i, NA, 2-3i)
complex(modulus = 1, argument = pi/3)
#--- many digits
c(1.123456789, 123456.7, 1e-10)
1e15; 1e16; 123456789012; 0.1234567891234
c(1e-300, 1e300)
100 * 1.1; 1 - 0.9; 2/3
.Machine$integer.max; .Machine$double.eps
#--- strings
c("a", "bb", "ccc", NA)
"tab\tnewline\nquote\"back\\slash\a\b\f\r\v\0101"
'single'
c(a = "é", b = "世界", c = "🎉")
"\u200b"; "\ufeff"; "e\u0301"; "\U1F600"
"\x01\x7f\033"
strrep("x", 200)
c(strrep("ab ", 40), "c")
#--- factors
factor(c("lo", "hi", "lo"), levels = c("lo", "hi"))
factor(c(1, 2, NA), exclude = NULL)
ordered(c("S", "L"), levels = c("S", "M", "L"))
factor(character(0))
factor(letters)
factor(paste("level", 1:40))
#--- dates wide
as.Date(c("2024-01-01", NA)) + 0:1
seq(as.Date("2024-01-31"), by = "month", length.out = 15)
as.POSIXct(c("2024-01-01 00:00:00", "2024-06-01 12:34:56.789"), tz = "UTC")
as.POSIXlt("2024-01-01", tz = "UTC")
ISOdate(2024, 1, 1) - ISOdate(2023, 1, 1)
as.difftime(c(30, 90), units = "mins")
Sys.Date() - Sys.Date()
ISOdatetime(2024, 7, 1, 0, 0, 0, tz = "Europe/Paris")
as.numeric_version("1.2.3"); R_system_version("4.2.2"); packageVersion("base") > "4.0"
#--- matrices
matrix(c(1.5, NA, -3, 4), 2)
matrix(letters[1:6], 2)
matrix(list(1, "a", TRUE, NULL), 2)
matrix(1:60, 2)
matrix(0, 0, 0); matrix(0, 0, 3); matrix(0, 3, 0)
diag(3)
array(1:3); array(1:12, c(2, 3, 2), dimnames = list(x = c("a", "b"), y = NULL, z = c("u", "v")))
array(0, c(2, 0, 2))
table(mtcars$cyl, mtcars$gear); table(cyl = mtcars$cyl)
ftable(Titanic, row.vars = 1:2)
#--- data frames
data.frame(n = c(1.5, NA), s = c("a", NA), l = c(TRUE, NA), f = factor(c("u", NA)), d = as.Date(c("2024-01-01", NA)))
data.frame(a = 1:3)[0, , drop = FALSE]
data.frame(row.names = c("r1", "r2"))
data.frame(x = 1:2, y = I(list(1:3, "a")))
mtcars[1:3, ]
iris[c(1, 51, 101), ]
data.frame(`odd name` = 1, check.names = FALSE)
as.data.frame(Titanic)[1:3, ]
data.frame(x = I(matrix(1:4, 2)))
#--- lists
list(1, list(2, list(3, list(4))))
list(a = list(b = list(c = 1:3)), d = NULL)
list(f = function(x) x, e = globalenv(), s = quote(x), call = quote(f(x)))
list(m = matrix(1:4, 2), d = data.frame(a = 1))
setNames(list(1, 2), c("", "b"))
list(list(list()))
#--- time series
ts(1:24, start = c(2020, 1), frequency = 12)
ts(c(1.5, 2.5, 3.5), start = 2000)
ts(1:5, frequency = 4, start = c(2001, 2))
#--- formula env
f <- function() y ~ x; f()
~ x
y ~ x | z
#--- environments
e <- new.env(); environmentName(globalenv()); environmentName(topenv())
as.environment(1); parent.env(globalenv())
environment(mean)
#--- functions
function(x) x
function(x, ...) {
  # comment kept

  x   +   1
}
(function() NULL)
\(x) x
mean
sd
lm
#--- S4
setClass("Pt", representation(x = "numeric", y = "numeric"))
new("Pt", x = 1, y = 2)
p <- new("Pt", x = 1:3, y = 4)
p
p@x
setClass("Pt3", contains = "Pt", representation(z = "list"))
new("Pt3", x = 1, y = 2, z = list(1, "a"))
isVirtualClass("Pt")
getClass("Pt")
setClass("Num", contains = "numeric"); new("Num", 1:3)
existsMethod("show", "Pt")
#--- S4 show
setMethod("show", "Pt", function(object) { cat("<Pt", object@x, object@y, ">\n") })
p
list(p, 1)
print(p)
setMethod("show", "Pt", function(object) invisible(cat("inv\n")))
p
(p)
setMethod("+", signature("Pt", "Pt"), function(e1, e2) new("Pt", x = e1@x + e2@x, y = e1@y + e2@y))
p + p
setGeneric("area", function(s, ...) standardGeneric("area"))
area
setMethod("area", "Pt", function(s, ...) 5)
area(p)
showMethods("area")
removeMethod("show", "Pt")
p
setValidity("Pt", function(object) if (length(object@y) != 1) "y must have length 1" else TRUE)
new("Pt", x = 1, y = 1:2)
#--- slot error
p@nope
#--- R5
A <- setRefClass("A", fields = list(v = "numeric"), methods = list(
  show = function() cat("A with", v, "\n"),
  inc = function(by = 1) { v <<- v + by; invisible(.self) }))
A
a <- A$new(v = 1); a
a$inc(); a$inc(2)$v
a
B <- setRefClass("B", contains = "A"); B$new(v = 9)
A$methods()
a$v <- "x"
#--- R5 fail after
a$nope()
