"""Makes scenarios/china/calendar.csv: public holidays and make-up working days of China."""

from datetime import date, timedelta

from common import ROOT, write_rows

SOURCE = "State Council Office holiday notice for {}"
NAMES = {
    "new-year": ("元旦", "New Year's Day"), "spring": ("春节", "Spring Festival"), "qingming": ("清明节", "Qingming Festival"),
    "labour": ("劳动节", "Labour Day"), "dragon": ("端午节", "Dragon Boat Festival"), "autumn": ("中秋节", "Mid-Autumn Festival"),
    "national": ("国庆节", "National Day"), "both": ("国庆节、中秋节", "National Day and Mid-Autumn Festival"),
}
# year: holidays (name, first day, last day) and make-up working days
YEARS = {
    2024: ([("new-year", "01-01", "01-01"), ("spring", "02-10", "02-17"), ("qingming", "04-04", "04-06"),
            ("labour", "05-01", "05-05"), ("dragon", "06-10", "06-10"), ("autumn", "09-15", "09-17"),
            ("national", "10-01", "10-07")],
           ["02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"]),
    2025: ([("new-year", "01-01", "01-01"), ("spring", "01-28", "02-04"), ("qingming", "04-04", "04-06"),
            ("labour", "05-01", "05-05"), ("dragon", "05-31", "06-02"), ("both", "10-01", "10-08")],
           ["01-26", "02-08", "04-27", "09-28", "10-11"]),
    2026: ([("new-year", "01-01", "01-03"), ("spring", "02-15", "02-23"), ("qingming", "04-04", "04-06"),
            ("labour", "05-01", "05-05"), ("dragon", "06-19", "06-21"), ("autumn", "09-25", "09-27"),
            ("national", "10-01", "10-07")],
           ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]),
}


def main():
    rows = []
    for year, (holidays, workdays) in YEARS.items():
        for name, first, last in holidays:
            day, end = (date.fromisoformat(f"{year}-{d}") for d in (first, last))
            while day <= end:
                rows.append({"date": day.isoformat(), "kind": "holiday", "name_zh": NAMES[name][0],
                             "name_en": NAMES[name][1], "source": SOURCE.format(year)})
                day += timedelta(days=1)
        for day in workdays:
            weekday = date.fromisoformat(f"{year}-{day}").weekday()
            if weekday < 5:
                raise SystemExit(f"{year}-{day} is not a weekend: nothing to make up")
            rows.append({"date": f"{year}-{day}", "kind": "workday", "name_zh": "调休上班",
                         "name_en": "Make-up working day", "source": SOURCE.format(year)})
    write_rows(ROOT / "scenarios/china/calendar.csv", "calendar", sorted(rows, key=lambda row: row["date"]))


if __name__ == "__main__":
    main()
