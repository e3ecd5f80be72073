/* Days, dates and weekdays. */
#include "schedule/civil.h"

enum { ERA_YEARS = 400, ERA_DAYS = 146097, EPOCH_SHIFT = 719468, WEEK = 7, EPOCH_WEEKDAY = 4 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

bool civil_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int civil_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && civil_leap(year));
}

int64_t civil_days(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = floor_div(y, ERA_YEARS), of_era = y - era * ERA_YEARS;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_SHIFT;
}

struct civil civil_of(int64_t seconds)
{
    int64_t days = floor_div(seconds, CIVIL_DAY_S), second = seconds - days * CIVIL_DAY_S;
    int64_t z = days + EPOCH_SHIFT, era = floor_div(z, ERA_DAYS), of_era = z - era * ERA_DAYS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    int month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    return (struct civil){.year = (int)(year + era * ERA_YEARS + (month <= 2)),
                          .month = month,
                          .day = (int)(of_year - (153 * shifted + 2) / 5 + 1),
                          .hour = (int)(second / 3600),
                          .minute = (int)(second / 60 % 60),
                          .second = (int)(second % 60)};
}

int64_t civil_seconds(const struct civil *civil)
{
    return civil_days(civil->year, civil->month, civil->day) * CIVIL_DAY_S + civil->hour * 3600 +
           civil->minute * 60 + civil->second;
}

int civil_weekday(int64_t days)
{
    int weekday = (int)((days + EPOCH_WEEKDAY) % WEEK);
    return weekday < 0 ? weekday + WEEK : weekday;
}
