"""What a password may not be, in words that say what would do. Which of these hold is said in settings (PASSWORD_POLICY)."""

from django.core.exceptions import ValidationError

from regions import pinyin, tree
from regions.models import Region

SITE_WORDS = ("ipdash", "zhishichanquan", "知识产权")
ENDINGS = ("自治区", "自治州", "自治县", "自治旗", "地区", "省", "市", "盟", "县", "旗", "区")
SHORTEST_WORD = 4  # letters: shorter syllables stand in too many good phrases


class KindsOfCharacters:
    """Three of four kinds: small letters, capital letters, digits, others."""

    def validate(self, password, user=None):
        kinds = {_kind(character) for character in password}
        if len(kinds) < 3:
            raise ValidationError("密码须含小写字母、大写字母、数字、其他符号这四类中的至少三类。", code="too_few_kinds")

    def get_help_text(self):
        return "小写字母、大写字母、数字、其他符号，四类中至少有三类。"


def _kind(character):
    if not character.isascii():
        return "other"
    return "lower" if character.islower() else "upper" if character.isupper() else "digit" if character.isdigit() else "other"


class WordsOfTheSite:
    """Neither the name of the system, nor of a region of the person's, nor the person's own."""

    def validate(self, password, user=None):
        typed = password.casefold()
        found = next((word for word in words_of(user) if word in typed), None)
        if found:
            raise ValidationError(f"密码里有容易猜到的词“{found}”，请换掉它。", code="word_of_the_site")

    def get_help_text(self):
        return "不含系统名、所在地区的名称（汉字或拼音）和用户名。"


def words_of(user):
    """The words that whoever knows the person would try first, in small letters."""
    words = list(SITE_WORDS)
    if user is not None and user.pk:
        words += [word for name in _region_names(user) for word in (name, *pinyin.spellings(name))]
    if user is not None:
        words += [user.username, user.full_name, *pinyin.spellings(user.full_name)]
    # Two Chinese characters are as much of a word as four letters.
    return [word.casefold() for word in words if len(word) >= (SHORTEST_WORD if word.isascii() else 2)]


def _region_names(user):
    """The names of the regions a person acts in and of those above, whole and without what kind of region they are."""
    regions = dict(Region.objects.values_list("pk", "parent_id"))
    own = set(user.assignments.values_list("region_id", flat=True))
    around = own.union(*(tree.ancestors(region, regions) for region in own))
    for name in Region.objects.filter(pk__in=around).values_list("name", flat=True):
        yield name
        ending = next((ending for ending in ENDINGS if name.endswith(ending) and len(name) > len(ending) + 1), "")
        if ending:
            yield name.removesuffix(ending)


class NotTheSameAgain:
    """Not the password that is being replaced."""

    def validate(self, password, user=None):
        if user is not None and user.pk and user.has_usable_password() and user.check_password(password):
            raise ValidationError("新密码不能和现在的密码相同。", code="same_again")

    def get_help_text(self):
        return "不能和现在的密码相同。"
