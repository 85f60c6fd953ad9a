// A day that the calendar does not have leaves a date field without a value: the browser's own words would call it
// incomplete, so this says what is wrong. The server says it too, for browsers without this script.

const NO_SUCH_DAY = "There is no such day, as 29 February in most years, or a part of it is missing.";

for (const field of document.querySelectorAll('input[type="date"]')) {
  field.addEventListener("invalid", () => {
    if (field.validity.badInput) field.setCustomValidity(NO_SUCH_DAY);
  });
  field.addEventListener("input", () => field.setCustomValidity(""));
  field.addEventListener("keydown", () => field.setCustomValidity(""));
}
